// The two kinds of sources in files: A itself, and the inputs that it is formed from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/family/file_selection.h"
#include "tristab/matrix/layer_tensors.h"
#include "tristab/matrix/source.h"

namespace tristab {

// rule, steps, log_base and l2norm of the family `file`.
LayerConventions conventions_of(const Settings& settings);

// In both, `settings` are those of the family `file`. A matrix is known by what it holds and where in the file's tensor
// or layer it lies, never by the file's path: a copy of the file has the same ids, and its cases draw the same numbers.

// A as stored. Throws UsageError if heads or tokens go beyond the tensor, InputError if its shape or dtype is not
// allowed.
std::unique_ptr<Source> matrices_source(const Settings& settings, std::shared_ptr<const TensorFile> file,
                                        const Tensor& tensor, std::string_view place);

// A formed from the chunks of layers: layer after layer, in each sequence after sequence, then head after head.
std::unique_ptr<Source> layers_source(const Settings& settings, std::vector<LayerTensors> layers,
                                      std::string_view place);

}  // namespace tristab
