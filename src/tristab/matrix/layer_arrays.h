// The inputs of a layer as the tensors that files hold: the inverse of LayerTensors.
#pragma once

#include <span>
#include <vector>

#include "tristab/matrix/safetensors.h"
#include "tristab/matrix/token_inputs.h"

namespace tristab {

// One array a tensor, [rows, heads] or [rows, heads, width], in order of name: k, g, and the rule's parts; q and v
// where there are any. All heads have the same rule and shape.
std::vector<NamedArray> layer_arrays(std::span<const TokenInputs> heads);

}  // namespace tristab
