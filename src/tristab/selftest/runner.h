// Divides work into items and runs them on all cores.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

#include "tristab/selftest/tally.h"

namespace tristab::selftest {

// The run was stopped from outside.
struct Stopped {};

class Runner {
 public:
  using Progress = std::function<void(double fraction)>;

  // `threads` 0: as many as there are cores. `progress` may be empty; it is called by one thread at a time.
  Runner(int threads, const std::atomic<bool>& stop, Progress progress = {});

  int threads() const { return threads_; }

  // Calls work(item, tally) for every item below `items`; each thread has its own tally, merged into `tally` at the
  // end. Throws what `work` throws, and Stopped if the flag becomes true.
  void over(std::size_t items, const std::function<void(std::size_t, Tally&)>& work, Tally& tally) const;

 private:
  int threads_;
  const std::atomic<bool>* stop_;
  Progress progress_;
};

}  // namespace tristab::selftest
