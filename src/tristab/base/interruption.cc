#include "tristab/base/interruption.h"

namespace tristab {

std::atomic<bool>& interruption() {
  static std::atomic<bool> asked{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");
  return asked;
}

void stop_if_interrupted() {
  if (interruption().load(std::memory_order_relaxed)) throw Stopped{};
}

}  // namespace tristab
