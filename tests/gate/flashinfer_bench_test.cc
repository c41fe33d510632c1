#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gate/judged.h"

namespace tristab::flashinfer_bench_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

TEST(FlashinferBenchGate, one_of_the_two_tolerances_is_enough) {
  EXPECT_TRUE(judged("flashinfer-bench", "fp32", {100.9}, {100}).passes) << "relative";
  EXPECT_TRUE(judged("flashinfer-bench", "fp32", {0.009}, {0}).passes) << "absolute";
  EXPECT_FALSE(judged("flashinfer-bench", "fp32", {1.015}, {1}).passes) << "torch would add the two";
  EXPECT_TRUE(judged("torch:atol=1e-2:rtol=1e-2", "fp32", {1.015}, {1}).passes);
}

// 0.1 in fp32 is a little above 0.1, 0.01 a little below 0.01.
TEST(FlashinferBenchGate, tolerances_are_fp32) {
  EXPECT_TRUE(judged("flashinfer-bench:rtol=0:atol=0.1", "fp32", {0.1f}, {0}).passes);
  EXPECT_TRUE(judged("flashinfer-bench:rtol=0", "fp32", {0.01f}, {0}).passes);
  EXPECT_FALSE(judged("flashinfer-bench:rtol=0", "fp32", {std::nextafter(0.01f, 1.0f)}, {0}).passes);
}

TEST(FlashinferBenchGate, a_share_of_the_elements_must_match) {
  std::vector<double> x(20, 1), y(20, 1);
  x[3] = 5;
  const GateResult one = judged("flashinfer-bench:0.95", "fp32", x, y);
  EXPECT_TRUE(one.passes) << "19 of 20";
  EXPECT_EQ(one.value, 0.95);
  EXPECT_EQ(one.share, 0) << "the worst but one is exact";
  EXPECT_FALSE(judged("flashinfer-bench", "fp32", x, y).passes) << "1 is the default";
  x[4] = 1.03;
  const GateResult two = judged("flashinfer-bench:0.95", "fp32", x, y);
  EXPECT_FALSE(two.passes);
  EXPECT_NEAR(two.share, 3, 1e-5) << "the second worst decides";
  EXPECT_EQ(two.worst, (GatePlace{0, 0, 3}));
}

TEST(FlashinferBenchGate, a_nonfinite_output_fails_a_reference_matches) {
  EXPECT_FALSE(judged("flashinfer-bench:0.5", "fp32", {1, nan, 1}, {1, 1, 1}).passes);
  EXPECT_FALSE(judged("flashinfer-bench:0.5", "fp32", {1, inf, 1}, {1, inf, 1}).passes);
  EXPECT_TRUE(judged("flashinfer-bench", "fp32", {1, 1}, {nan, inf}).passes);
  EXPECT_EQ(judged("flashinfer-bench", "fp32", {nan}, {1}).share, inf);
  EXPECT_TRUE(judged("flashinfer-bench", "fp32", {}, {}).passes);
}

TEST(FlashinferBenchGate, hole_a_twentieth_may_be_anything) {
  std::vector<double> x(100, 1), y(100, 1);
  for (std::size_t k = 0; k < 5; ++k) x[k] = -1e30;
  EXPECT_TRUE(judged("flashinfer-bench:0.95", "fp32", x, y).passes);
}

}  // namespace tristab::flashinfer_bench_test
