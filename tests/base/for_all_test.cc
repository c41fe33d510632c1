#include "tristab/base/for_all.h"

#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tristab::for_all_test {

template <class Body>
void on_threads(int threads, const Body& body) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  arena.execute(body);
}

TEST(ForAll, every_index_of_the_range_is_visited_once) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> visits(1000);
    on_threads(threads, [&] { for_all(10, 990, [&](int k) { ++visits[static_cast<std::size_t>(k)]; }); });
    for (std::size_t k = 0; k < visits.size(); ++k) EXPECT_EQ(visits[k], k >= 10 && k < 990 ? 1 : 0) << k;
    on_threads(threads, [] { for_all(5, 5, [](int) { throw std::runtime_error("an empty range"); }); });
  }
}

// Index 900 fails at once, 100 late, 40 later still: the error is that of 40, and whatever comes before it was done.
TEST(ForAll, the_first_index_that_fails_is_told_whatever_fails_earlier_by_the_clock) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> visits(1000);
    std::string told;
    on_threads(threads, [&] {
      try {
        for_all(std::size_t{0}, visits.size(), [&](std::size_t k) {
          ++visits[k];
          if (k == 40) std::this_thread::sleep_for(std::chrono::milliseconds(60));
          if (k == 100) std::this_thread::sleep_for(std::chrono::milliseconds(20));
          if (k == 40 || k == 100 || k == 900) throw std::runtime_error(std::to_string(k));
        });
      } catch (const std::runtime_error& error) {
        told = error.what();
      }
    });
    EXPECT_EQ(told, "40") << threads;
    for (std::size_t k = 0; k <= 40; ++k) EXPECT_EQ(visits[k], 1) << k;
  }
}

}  // namespace tristab::for_all_test
