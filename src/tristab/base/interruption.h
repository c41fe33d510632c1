// A run that is ended from outside, by a signal.
#pragma once

#include <atomic>

#include "tristab/base/error_kinds.h"

namespace tristab {

// Becomes true when the process is asked to stop (a handler of signals may set it). For work of many seconds below the
// layers that are given a flag.
std::atomic<bool>& interruption();
void stop_if_interrupted();  // throws Stopped

}  // namespace tristab
