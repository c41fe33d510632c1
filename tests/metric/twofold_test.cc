#include "tristab/metric/twofold.h"

#include <gtest/gtest.h>

#include <vector>

namespace tristab::twofold_test {

TEST(Twofold, sums_keep_what_cancels) {
  std::vector<double> x = {1e16, 1, 0.1}, high = {1, 1, 1}, low = {0, 0, 0};
  add_multiple_twofold(3.1, x.data(), 3, high.data(), low.data());
  add_multiple_twofold(-3.1, x.data(), 3, high.data(), low.data());
  for (int j = 0; j < 3; ++j) EXPECT_EQ(high[static_cast<std::size_t>(j)] + low[static_cast<std::size_t>(j)], 1);
  std::vector<double> plain = {1};
  add_multiple(3.1, x.data(), 1, plain.data());
  add_multiple(-3.1, x.data(), 1, plain.data());
  EXPECT_NE(plain[0], 1) << "the example must need twofold precision";
}

}  // namespace tristab::twofold_test
