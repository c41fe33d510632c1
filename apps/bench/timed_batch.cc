#include "timed_batch.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "tristab/sweep/summary.h"

namespace tristab {
namespace {

// CPU seconds of this thread: what other programs take does not count, though they still cost caches.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Reading the clock takes about 0.3 us, an interrupt some microseconds. A batch is long compared with a reading of
// the clock, and short compared with the time between two interrupts.
constexpr double batch_seconds = 100e-6;

// Loading a megabyte from memory takes about 0.1 ms.
constexpr double cache_independent_seconds = 5e-3;

}  // namespace

double quantile_of(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return quantile(values, q);
}

TimedBatch::TimedBatch(std::function<void()> work, int calls) : work_(std::move(work)), calls_(calls) {
  work_();
  if (calls_ == 0) calls_ = enough_calls();
  call_seconds_ = seconds_of(calls_) / calls_;
}

int TimedBatch::enough_calls() const {
  int calls = 1;
  while (true) {
    const double seconds = seconds_of(calls);
    if (seconds >= batch_seconds) return calls;
    calls =
        seconds < batch_seconds / 8 ? 4 * calls : static_cast<int>(std::ceil(1.2 * calls * batch_seconds / seconds));
  }
}

double TimedBatch::seconds_of(int calls) const {
  const double start = cpu_seconds();
  for (int k = 0; k < calls; ++k) work_();
  return cpu_seconds() - start;
}

void TimedBatch::warm_up() const {
  if (call_seconds_ < cache_independent_seconds) work_();
}

void TimedBatch::run() { samples_.push_back(seconds_of(calls_) / calls_); }

}  // namespace tristab
