#include "interrupt.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <ctime>
#include <string_view>

#include "tristab/base/interruption.h"
#include "tristab/base/output_file.h"

namespace tristab {
namespace {

std::atomic<int> signal_number{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler may touch lock-free atomics only");

std::atomic<std::int64_t> first_second{0};

// timeout(1) and batch systems signal the process and its group, so one interruption may arrive twice in a row. Only
// a signal that comes two seconds later or more is a second request, and ends the process at once.
void on_signal(int number) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  std::atomic<bool>& interrupted = interruption();
  if (interrupted && now.tv_sec - first_second >= 2) {
    end_by_signal(number);
  }
  if (!interrupted) first_second = now.tv_sec;
  signal_number = number;
  interrupted = true;
}

void end_at_once(int number) {
  constexpr std::string_view text = "tristab: stopped; no complete result was written\n";
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));  // a closed standard error is no failure
  end_by_signal(number);
}

void handle_interrupts(void (*handler)(int)) {
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    // Who started the program may want that it ignores the signal, as a shell does for a command in the background.
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = handler;
    sigaction(number, &action, nullptr);
  }
}

}  // namespace

const std::atomic<bool>& listen_for_interrupts() {
  std::atomic<bool>& flag = interruption();  // made before a handler needs it
  handle_interrupts(on_signal);
  return flag;
}

void end_at_interrupts() { handle_interrupts(end_at_once); }

int interrupt_signal() { return signal_number; }

}  // namespace tristab
