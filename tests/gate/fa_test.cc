#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gate/judged.h"

namespace tristab::fa_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

TEST(FaGate, twice_the_peers_largest_error_and_a_little) {
  const std::vector<double> y{1, 2, -4}, peer{1, 2.25, -4};
  const GateResult twice = judged_with_peer("fa:2x", "fp32", {1, 2, -4.5}, y, peer);
  EXPECT_TRUE(twice.passes);
  EXPECT_EQ(twice.value, 0.5);
  EXPECT_EQ(twice.limit, 0.5 + 1e-5);
  EXPECT_EQ(twice.worst, (GatePlace{0, 0, 2}));
  EXPECT_TRUE(judged_with_peer("fa:2:atol=0", "fp32", {1, 2, -4.5}, y, peer).passes) << "at most, not below";
  EXPECT_FALSE(judged_with_peer("fa:2x", "fp32", {1, 2, -4.5625}, y, peer).passes);
  EXPECT_TRUE(judged_with_peer("fa:3x", "fp32", {1, 2, -4.5625}, y, peer).passes);
}

// 1 + 2^-9 is 1 in bf16: there a peer of 1 has no error, and an ulp of the output is too much.
TEST(FaGate, differences_are_those_of_the_outputs_type) {
  EXPECT_FALSE(judged_with_peer("fa", "bf16", {1 + 0x1p-7}, {1 + 0x1p-9}, {1}).passes);
  EXPECT_EQ(judged_with_peer("fa", "bf16", {1 + 0x1p-7}, {1 + 0x1p-9}, {1}).limit, 1e-5);
  // 256 - 0.75 needs 10 bits; bf16 rounds it to 255.
  EXPECT_EQ(judged_with_peer("fa", "bf16", {256}, {0.75}, {0}).value, 255);
}

TEST(FaGate, nan_fails_in_the_output_and_in_the_peer) {
  EXPECT_FALSE(judged_with_peer("fa", "fp32", {nan, 1}, {1, 1}, {1, 1}).passes);
  EXPECT_FALSE(judged_with_peer("fa", "fp32", {1, 1}, {1, 1}, {nan, 1}).passes);
  EXPECT_FALSE(judged_with_peer("fa", "fp32", {nan}, {nan}, {nan}).passes);
  EXPECT_FALSE(judged_with_peer("fa", "fp32", {inf}, {inf}, {inf}).passes) << "inf - inf is NaN";
  EXPECT_EQ(judged_with_peer("fa", "fp32", {nan, 1}, {1, 1}, {1, 1}).share, inf);
  EXPECT_FALSE(judged_with_peer("fa", "fp32", {}, {}, {}).passes);
}

TEST(FaGate, hole_one_large_error_of_the_peer_allows_all) {
  EXPECT_TRUE(judged_with_peer("fa", "fp32", {0, 0, 0, 0}, {1, 1, 1, 8}, {1, 1, 1, 4}).passes);
}

}  // namespace tristab::fa_test
