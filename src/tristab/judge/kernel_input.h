// The file that a kernel is given: inputs of a family, or the part of a file that was chosen.
#pragma once

#include <filesystem>

#include "tristab/matrix/source.h"

namespace tristab {

// Writes, as float32: k, beta, g, and what else the rule has, [chunks n, heads, d], with q and v, one head a trial, in
// .safetensors; for matrices without keys A, [batch, n, n], in .npy. Returns the path, `stem` with that ending.
std::filesystem::path write_kernel_input(const Source& source, int n, int chunks, const std::filesystem::path& stem);

}  // namespace tristab
