// The program's and the benchmarks' way to keep memory that was freed.
#pragma once

#include <malloc.h>

namespace tristab {

// By default glibc returns blocks of 128 KiB and more, such as a layer's state, to the system whenever they are
// freed; the page faults took more than half of a layer's time, and a tenth of some cases'.
inline void keep_released_memory() {
  constexpr int mebibyte = 1 << 20;
  static_cast<void>(mallopt(M_MMAP_THRESHOLD, 32 * mebibyte));
  static_cast<void>(mallopt(M_TRIM_THRESHOLD, 64 * mebibyte));
}

}  // namespace tristab
