#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gate/judged.h"

namespace tristab::fla_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

// RMS(y) = sqrt((9 + 16) / 2), RMS(x - y) = sqrt((0 + 1) / 2): 1 / 5, but for 1e-8. In fp32, long-hand.
TEST(FlaGate, the_ratio_is_that_of_the_root_mean_squares) {
  const float error = std::sqrt(0.5f), base = std::sqrt(12.5f);
  const GateResult result = judged("fla:0.2", "fp32", {3, 5}, {3, 4});
  EXPECT_EQ(result.value, static_cast<double>(error) / (static_cast<double>(base) + 1e-8));
  EXPECT_TRUE(result.passes) << "1e-8 keeps it below 0.2";
  EXPECT_FALSE(judged("fla:0.19", "fp32", {3, 5}, {3, 4}).passes);
  EXPECT_NEAR(judged("fla:0.1", "fp32", {3, 5}, {3, 4}).share, 2, 1e-6);
}

// Zeros against ones: the ratio is 1 / (1 + 1e-8), which double holds, and it is not below itself.
TEST(FlaGate, a_ratio_equal_to_the_limit_fails) {
  const double ratio = 1 / (1 + 1e-8);
  const GateResult at = judged("fla:0.9999999900000002", "fp32", {0}, {1});
  ASSERT_EQ(at.value, ratio);
  ASSERT_EQ(at.limit, ratio);
  EXPECT_FALSE(at.passes);
  EXPECT_GT(at.share, 1);
  EXPECT_TRUE(judged("fla:1", "fp32", {0}, {1}).passes) << "zeros are below a ratio of 1";
}

TEST(FlaGate, differences_up_to_1e_6_pass_whatever_the_ratio) {
  EXPECT_TRUE(judged("fla:0.005", "fp32", {9e-7, 0}, {0, 9e-7}).passes);
  EXPECT_FALSE(judged("fla:0.005", "fp32", {1.1e-6, 0}, {0, 1.1e-6}).passes);
  EXPECT_NEAR(judged("fla:0.005", "fp32", {0}, {5e-7}).share, 0.5, 1e-6);
}

// 1e-25 squared underflows in fp32: RMS(y) is 0, and zeros are exact.
TEST(FlaGate, squares_are_those_of_fp32) {
  EXPECT_EQ(judged("fla", "fp32", {1e-25}, {3e-25}).value, 0);
  EXPECT_DOUBLE_EQ(judged("fla", "fp64", {1e-25}, {3e-25}).value, 2e-25 / (3e-25 + 1e-8));
}

TEST(FlaGate, the_reference_of_bf16_outputs_is_fp32) {
  const double y = 1 + 0x1p-9;  // not a bf16 number
  EXPECT_NEAR(judged("fla", "bf16", {1}, {y}).value, 0x1p-9 / y, 1e-9);
}

TEST(FlaGate, nan_and_infinities_fail) {
  for (const char* gate : {"fla:1000", "fla-ci"}) {
    for (const double bad : {nan, inf}) {
      EXPECT_FALSE(judged(gate, "fp32", {1, bad}, {1, 1}).passes);
      EXPECT_FALSE(judged(gate, "fp32", {1, bad}, {1, bad}).passes);
      EXPECT_EQ(judged(gate, "fp32", {1, bad}, {1, 1}).share, inf);
    }
    EXPECT_FALSE(judged(gate, "fp32", {1, 1}, {1, nan}).passes);
    EXPECT_FALSE(judged(gate, "fp32", {}, {}).passes) << "max of no elements is an error";
  }
}

TEST(FlaGate, zeros_equal_zeros) {
  EXPECT_TRUE(judged("fla", "fp32", {0, 0}, {0, 0}).passes);
  EXPECT_EQ(judged("fla", "fp32", {0, 0}, {0, 0}).share, 0);
}

// One entry of 10 000 is wrong by 30%: 0.3 / sqrt(1e4) = 0.003.
TEST(FlaGate, hole_few_wrong_entries_drown_in_many) {
  std::vector<double> x(10000, 1), y(10000, 1);
  x[7] = 1.3;
  EXPECT_TRUE(judged("fla:0.005", "fp32", x, y).passes);
}

TEST(FlaCiGate, it_only_warns_below_0_01_or_a_difference_of_0_3) {
  EXPECT_TRUE(judged("fla-ci:1e-4", "fp32", {100.9}, {100}).passes) << "ratio 0.009";
  EXPECT_FALSE(judged("fla-ci:1e-4", "fp32", {101.1}, {100}).passes) << "ratio 0.011, difference 1.1";
  EXPECT_TRUE(judged("fla-ci:1e-4", "fp32", {0.5}, {0.25}).passes) << "difference 0.25";
  EXPECT_FALSE(judged("fla-ci:1e-4", "fp32", {0.625}, {0.25}).passes);
  EXPECT_TRUE(judged("fla-ci:0.02", "fp32", {101.1}, {100}).passes) << "the test's own ratio allows it";
}

// T = I - A of A with entries below 0.5 differs from the inverse by A^2, here 0.23.
TEST(FlaCiGate, hole_the_first_two_terms_of_the_series_pass) {
  const std::vector<double> x{1, 0, 0, -0.48, 1, 0, 0, -0.48, 1}, y{1, 0, 0, -0.48, 1, 0, 0.2304, -0.48, 1};
  EXPECT_TRUE(judged("fla-ci:1e-4", "fp32", x, y).passes);
  EXPECT_FALSE(judged("fla:1e-4", "fp32", x, y).passes);
}

}  // namespace tristab::fla_test
