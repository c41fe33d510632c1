// The files of configs/hardware, by name.
#pragma once

#include <span>

#include "tristab/base/embedded_file.h"

namespace tristab {

std::span<const EmbeddedFile> builtin_hardware();

}  // namespace tristab
