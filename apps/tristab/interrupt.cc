#include "interrupt.h"

#include <csignal>
#include <cstdint>
#include <ctime>

#include "tristab/base/output_file.h"

namespace tristab {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<int> signal_number{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler may touch lock-free atomics only");

std::atomic<std::int64_t> first_second{0};

// timeout(1) and batch systems signal the process and its group, so one interruption may arrive twice in a row. Only
// a signal that comes two seconds later or more is a second request, and ends the process at once.
void on_signal(int number) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (interrupted && now.tv_sec - first_second >= 2) {
    end_by_signal(number);
  }
  if (!interrupted) first_second = now.tv_sec;
  signal_number = number;
  interrupted = true;
}

}  // namespace

const std::atomic<bool>& listen_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

int interrupt_signal() { return signal_number; }

}  // namespace tristab
