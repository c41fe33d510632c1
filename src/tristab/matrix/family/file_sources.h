// The two kinds of matrices that files hold: A itself, and the inputs it is formed from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/family/file_selection.h"
#include "tristab/matrix/layer_tensors.h"
#include "tristab/matrix/source.h"

namespace tristab {

struct FileSelection {
  Settings settings;      // path, heads, tokens, tail, ... of the family `file`
  std::string canonical;  // family and settings as text, for the matrices' ids
};

// rule, steps, log_base and l2norm of the family `file`.
LayerConventions conventions_of(const Settings& settings);

// A as stored. Throws UsageError where heads or tokens leave the tensor, InputError where its shape or dtype
// is none of the allowed ones.
std::unique_ptr<Source> matrices_source(const FileSelection& selection, std::shared_ptr<const TensorFile> file,
                                        const Tensor& tensor, std::string_view place);

// A formed from the chunks of layers, layer after layer, inside one sequence after sequence, head after head.
std::unique_ptr<Source> layers_source(const FileSelection& selection, std::vector<LayerTensors> layers,
                                      std::string_view place);

}  // namespace tristab
