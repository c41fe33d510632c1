// The files of configs/kernels, by name.
#pragma once

#include <span>

#include "tristab/base/embedded_file.h"

namespace tristab {

std::span<const EmbeddedFile> builtin_recipes();

}  // namespace tristab
