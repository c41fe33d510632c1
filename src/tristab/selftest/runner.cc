#include "tristab/selftest/runner.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "tristab/base/first_error.h"

namespace tristab::selftest {

Runner::Runner(int threads, const std::atomic<bool>& stop, Progress progress)
    : threads_(threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
      stop_(&stop),
      progress_(std::move(progress)) {}

void Runner::over(std::size_t items, const std::function<void(std::size_t, Tally&)>& work, Tally& tally) const {
  std::atomic<std::size_t> next{0};
  FirstError error;
  std::mutex mutex;
  std::size_t done = 0;
  const auto run = [&] {
    Tally own;
    for (std::size_t item = next++; item < items && !error.at_or_before(item) && !*stop_; item = next++) {
      try {
        own.start_item(item);
        work(item, own);
        const std::lock_guard lock(mutex);
        ++done;
        if (progress_) progress_(static_cast<double>(done) / static_cast<double>(items));
      } catch (...) {
        error.keep(item);
      }
    }
    const std::lock_guard lock(mutex);
    tally.merge(own);
  };
  {
    std::vector<std::jthread> threads;
    const auto useful = std::min(static_cast<std::size_t>(threads_), std::max<std::size_t>(items, 1));
    for (std::size_t t = 1; t < useful; ++t) threads.emplace_back(run);
    run();
  }
  error.rethrow();
  if (*stop_) throw Stopped{};
}

}  // namespace tristab::selftest
