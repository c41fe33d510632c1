// Repeated timings of one piece of work, for medians: on a shared machine, a mean would say more about the other
// programs.
#pragma once

#include <functional>
#include <vector>

namespace tristab {

// The q-quantile of unsorted values, 0 <= q <= 1; `values` is not empty.
double quantile_of(std::vector<double> values, double q);

class TimedBatch {
 public:
  // `calls` is the number of calls of `work` in a batch; for 0, finds a number that takes long enough for the clock.
  explicit TimedBatch(std::function<void()> work, int calls = 0);

  int calls() const { return calls_; }

  // Brings the data of the work back into the cache after other work. Work of some milliseconds is not run: it
  // does this itself in a small part of its time.
  void warm_up() const;

  void run();  // runs one batch and notes its time as a sample

  const std::vector<double>& samples() const { return samples_; }  // seconds a call, one of each batch
  double median() const { return quantile_of(samples_, 0.5); }

 private:
  int enough_calls() const;
  double seconds_of(int calls) const;

  std::function<void()> work_;
  int calls_ = 0;
  double call_seconds_ = 0;  // roughly
  std::vector<double> samples_;
};

}  // namespace tristab
