// SIGINT and SIGTERM end a run cleanly: files that are not complete disappear, the exit status is 128 + the
// signal.
#pragma once

#include <atomic>

namespace tristab {

// Starts to listen; the flag becomes true at the first signal. Another one two seconds later or
// more ends the process at once.
const std::atomic<bool>& listen_for_interrupts();

// The same message and exit status, but at once, however long a step takes: for commands that keep nothing of what
// they did.
void end_at_interrupts();

// The signal that came, 0 when none did.
int interrupt_signal();

}  // namespace tristab
