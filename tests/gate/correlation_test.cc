// pearson, cosine and snr.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gate/judged.h"

namespace tristab::correlation_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

// Centred: (-1, 0, 1) and (-1, 1, 0): 1 / 2.
TEST(PearsonGate, the_coefficient_of_all_entries) {
  const GateResult half = judged("pearson:0.5", "fp64", {1, 3, 2}, {1, 2, 3});
  EXPECT_NEAR(half.value, 0.5, 1e-15);
  EXPECT_EQ(judged("pearson:0.49", "fp32", {1, 3, 2}, {1, 2, 3}).passes, true);
  EXPECT_FALSE(judged("pearson:0.51", "fp32", {1, 3, 2}, {1, 2, 3}).passes);
  EXPECT_FALSE(judged("pearson:-1", "fp64", {3, 2, 1}, {1, 2, 3}).share > 1) << "-1 is at least -1";
  EXPECT_NEAR(judged("pearson:0.75", "fp64", {1, 3, 2}, {1, 2, 3}).share, 2, 1e-12);
}

TEST(PearsonGate, nan_and_infinities_are_zeros) {
  EXPECT_TRUE(judged("pearson", "fp32", {nan, 2, 3}, {0, 2, 3}).passes);
  EXPECT_TRUE(judged("pearson", "fp32", {1, 2, nan}, {1, 2, inf}).passes);
  EXPECT_FALSE(judged("pearson", "fp32", {nan, 2, 3}, {9, 2, 3}).passes);
  EXPECT_TRUE(judged("pearson", "fp32", {nan, nan}, {nan, nan}).passes);
  EXPECT_FALSE(judged("pearson", "fp32", {nan, nan}, {1, 2}).passes);
  EXPECT_FALSE(judged("pearson", "fp32", {1, 2}, {nan, nan}).passes);
  EXPECT_EQ(judged("pearson", "fp32", {nan, nan}, {1, 2}).share, inf);
}

TEST(PearsonGate, constants_and_zeros_are_compared_by_allclose) {
  EXPECT_FALSE(judged("pearson", "fp32", {1, 1, 1}, {1, 2, 3}).passes) << "it passed until tt-metal 42848";
  EXPECT_TRUE(judged("pearson", "fp32", {1, 1}, {1.00001, 1.00002}).passes);
  EXPECT_FALSE(judged("pearson", "fp32", {0, 0}, {1, 2}).passes);
  EXPECT_TRUE(judged("pearson", "fp32", {0, 0}, {5e-5, 2e-5}).passes) << "within atol 1e-4";
  EXPECT_TRUE(judged("pearson", "fp32", {0, 0}, {0, 0}).passes);
  EXPECT_TRUE(judged("pearson", "fp32", {7}, {7}).passes);
  EXPECT_FALSE(judged("pearson", "fp32", {7}, {8}).passes) << "one element is constant";
  EXPECT_FALSE(judged("pearson", "fp32", {}, {}).passes);
}

// 3e20 squared overflows fp32, and so would every sum of squares.
TEST(PearsonGate, products_beyond_fp32_are_repeated_in_double) {
  EXPECT_NEAR(judged("pearson:0.4", "fp32", {1e20, 3e20, 2e20}, {1e20, 2e20, 3e20}).value, 0.5, 1e-6);
}

TEST(PearsonGate, hole_a_factor_and_a_constant_change_nothing) {
  EXPECT_TRUE(judged("pearson", "fp32", {12, 14, 16}, {1, 2, 3}).passes);
}

// The diagonal of a 64 x 64 inverse with entries of size 0.01 below it: zeros below are not noticed.
TEST(PearsonGate, hole_the_diagonal_correlates_with_itself) {
  std::vector<double> x(64 * 64), y(64 * 64);
  for (std::size_t i = 0; i < 64; ++i) {
    x[65 * i] = y[65 * i] = 1;
    for (std::size_t j = 0; j < i; ++j) y[64 * i + j] = (i + j) % 2 == 0 ? 0.01 : -0.01;
  }
  EXPECT_TRUE(judged("pearson:0.99", "fp32", x, y).passes);
}

TEST(CosineGate, the_cosine_must_be_above_the_limit) {
  EXPECT_NEAR(judged("cosine", "fp64", {3, 4}, {4, 3}).value, 24.0 / 25, 1e-7);
  EXPECT_TRUE(judged("cosine:0.9", "fp32", {3, 4}, {4, 3}).passes);
  EXPECT_FALSE(judged("cosine:1", "fp32", {1, 0}, {1, 0}).passes) << "1 is not above 1";
  EXPECT_TRUE(judged("cosine:0.999", "fp32", {1, 0}, {1, 0}).passes);
  EXPECT_NEAR(judged("cosine:0.98", "fp32", {3, 4}, {4, 3}).share, 2, 1e-5);
}

TEST(CosineGate, zeros_nan_and_infinities_fail) {
  EXPECT_FALSE(judged("cosine", "fp32", {0, 0}, {1, 1}).passes);
  EXPECT_FALSE(judged("cosine", "fp32", {0, 0}, {0, 0}).passes) << "norms are at least 1e-8, so the cosine is 0";
  EXPECT_FALSE(judged("cosine", "fp32", {nan, 1}, {nan, 1}).passes);
  EXPECT_FALSE(judged("cosine", "fp32", {inf, 1}, {inf, 1}).passes);
  EXPECT_FALSE(judged("cosine", "fp32", {}, {}).passes);
}

TEST(CosineGate, hole_a_factor_changes_nothing) {
  EXPECT_TRUE(judged("cosine:0.9999", "fp32", {10, 20}, {1, 2}).passes);
}

// |y| = 5, |x - y| = 0.5: a factor of 10 is 20 dB.
TEST(SnrGate, twenty_decibels_are_a_tenth) {
  const GateResult result = judged("snr:20", "fp64", {3, 4.5}, {3, 4});
  EXPECT_NEAR(result.value, 20, 1e-12);
  EXPECT_TRUE(judged("snr:19.99", "fp64", {3, 4.5}, {3, 4}).passes);
  EXPECT_FALSE(judged("snr:20.01", "fp64", {3, 4.5}, {3, 4}).passes);
  EXPECT_NEAR(judged("snr:40", "fp64", {3, 4.5}, {3, 4}).share, 10, 1e-12);
}

TEST(SnrGate, exact_outputs_pass_nan_and_infinities_fail) {
  EXPECT_TRUE(judged("snr:1000", "fp32", {1, 2}, {1, 2}).passes);
  EXPECT_TRUE(judged("snr:1000", "fp32", {0, 0}, {0, 0}).passes);
  EXPECT_FALSE(judged("snr:-1000", "fp32", {1, 0}, {0, 0}).passes);
  EXPECT_FALSE(judged("snr:-1000", "fp32", {nan, 2}, {nan, 2}).passes);
  EXPECT_FALSE(judged("snr:-1000", "fp32", {inf, 2}, {1, 2}).passes);
}

}  // namespace tristab::correlation_test
