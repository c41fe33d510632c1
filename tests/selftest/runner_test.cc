// Work on threads: every item once, the same counts and the same first mismatch for any number of threads.
#include "tristab/selftest/runner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/selftest/check.h"
#include "tristab/selftest/simd_levels.h"

namespace tristab::runner_test {

using selftest::Runner;
using selftest::Tally;

const std::atomic<bool> kGoOn{false};

TEST(Runner, every_item_is_done_once_and_the_least_mismatch_is_told) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> visits(1000);
    Tally tally;
    Runner(threads, kGoOn)
        .over(
            visits.size(),
            [&](std::size_t item, Tally& own) {
              ++visits[item];
              own.count(3);
              if (item % 100 == 57) own.mismatch([&] { return std::to_string(item); });
            },
            tally);
    for (const std::atomic<int>& count : visits) ASSERT_EQ(count, 1);
    EXPECT_EQ(tally.cases(), 3000);
    EXPECT_EQ(tally.mismatches(), 10);
    EXPECT_EQ(tally.first(), "57") << threads;
  }
}

TEST(Runner, the_first_item_that_throws_is_told_whichever_throws_earlier) {
  for (const int threads : {1, 2, 7}) {
    Tally tally;
    std::atomic<bool> later_has_failed{false};
    const auto fail = [&](std::size_t item, Tally&) {
      for (int k = 0; threads > 1 && item == 3 && !later_has_failed && k < 2000; ++k)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (item == 4) later_has_failed = true;
      if (item >= 3) throw std::runtime_error(std::to_string(item));
    };
    try {
      Runner(threads, kGoOn).over(10, fail, tally);
      ADD_FAILURE() << threads;
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "3") << threads;
    }
  }
}

TEST(Runner, a_stop_from_outside_ends_it) {
  std::atomic<bool> stop{false};
  Tally tally;
  std::atomic<int> done{0};
  const auto work = [&](std::size_t, Tally&) {
    if (++done == 5) stop = true;
  };
  EXPECT_THROW(Runner(2, stop).over(1000000, work, tally), selftest::Stopped);
  EXPECT_LT(done, 100);
}

TEST(Runner, progress_ends_at_one) {
  double last = 0;
  Tally tally;
  Runner(2, kGoOn, [&](double fraction) { last = fraction; })
      .over(
          17, [](std::size_t, Tally&) {}, tally);
  EXPECT_EQ(last, 1);
}

TEST(SimdLevels, each_is_in_use_in_its_turn_and_the_best_afterwards) {
  const std::string best = simd_level();
  std::vector<std::string> names;
  selftest::for_each_simd_level([&](const std::string& name) {
    EXPECT_EQ(name, simd_level());
    names.push_back(name);
  });
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names.front(), best);
  EXPECT_EQ(names.back(), "baseline");
  EXPECT_EQ(simd_level(), best);
}

TEST(Checks, have_names_of_their_own_and_say_what_they_prove) {
  std::vector<std::string> names;
  for (const selftest::Check& check : selftest::checks()) {
    EXPECT_FALSE(check.proves.empty()) << check.name;
    EXPECT_EQ(std::count(names.begin(), names.end(), check.name), 0) << check.name;
    names.push_back(check.name);
  }
}

}  // namespace tristab::runner_test
