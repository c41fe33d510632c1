#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gate/judged.h"

namespace tristab::ascend_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

GateResult against(const std::string& gate, const std::string& format, const std::vector<double>& x,
                   const std::vector<double>& peer, const std::vector<double>& y) {
  return judged_with_peer(gate, format, x, y, peer);
}

// The peer's relative error 1/16 is above fp16's floor 2^-11; the output's is 10 times that, then more. Means: the
// other 99 entries are exact, so mean and RMS have the same ratio and decide first unless they are allowed more.
TEST(AscendGate, the_largest_relative_error_up_to_ten_times_the_peers) {
  const std::vector<double> y{1, 1}, peer{1.0625, 1};
  const std::string largest = "ascend:mean=1000:rms=1000";
  EXPECT_TRUE(against(largest, "fp64", {1.625, 1}, peer, y).passes);
  EXPECT_NEAR(against(largest, "fp64", {1.625, 1}, peer, y).share, 1, 1e-12);
  EXPECT_FALSE(against(largest, "fp64", {1.6250001, 1}, peer, y).passes);
  EXPECT_FALSE(against("ascend:dual", "fp64", {1.625, 1}, peer, y).passes) << "its mean is ten times the peer's too";
  EXPECT_TRUE(against("ascend:dual", "fp64", {1.125, 1}, peer, y).passes) << "twice";
  EXPECT_FALSE(against("ascend:L1", "fp64", {1.125, 1}, peer, y).passes) << "1.5 times";
  EXPECT_TRUE(against("ascend:L1", "fp64", {1.09, 1}, peer, y).passes) << "1.44 times";
  EXPECT_FALSE(against("ascend:L2", "fp64", {1.09, 1}, peer, y).passes) << "1.2 times";
}

// A peer without errors counts as one with the floor: bf16 2^-8, fp16 2^-11, fp32 2^-14. Twice that is the limit, which
// the owner's count of entries, 1 / 1.0001 + 0.0001 for one, makes RMS miss by 1e-8.
TEST(AscendGate, a_floor_stands_for_small_errors_of_the_peer) {
  for (const auto& [format, floor] : {std::pair{"bf16", 0x1p-8}, {"fp16", 0x1p-11}, {"fp32", 0x1p-14}}) {
    EXPECT_TRUE(against("ascend:rms=2.0001", format, {1 + 2 * floor}, {1}, {1}).passes) << format;
    EXPECT_FALSE(against("ascend", format, {1 + 2 * floor}, {1}, {1}).passes) << format;
    EXPECT_TRUE(against("ascend", format, {0.5 + floor}, {0.5}, {0.5}).passes) << format << ": relative 2, RMS 1";
    EXPECT_FALSE(against("ascend:rms=1000", format, {1 + 4 * floor}, {1}, {1}).passes) << format;
  }
}

// Entries up to 2^-10 are small: only the part of them that differs by more than 1e-16 counts, here 1 against 1/2.
TEST(AscendGate, small_entries_are_counted_apart) {
  const std::vector<double> y{0x1p-10, 0x1p-11, 1}, half{0x1p-10, 0x1p-12, 1}, all{0, 0, 1};
  const GateResult result = against("ascend", "fp16", all, half, y);
  EXPECT_TRUE(result.passes);
  EXPECT_EQ(result.share, 1) << "2 of 2 against 1 of 2";
  EXPECT_FALSE(against("ascend", "fp16", all, y, y).passes) << "the peer has none: 1 / 2^-11";
  EXPECT_TRUE(against("ascend:L2", "fp16", {0.0009, 0.0004, 1}, {0.0009, 0.0004, 1}, y).passes);
}

TEST(AscendGate, hole_nan_and_infinities_are_left_out) {
  EXPECT_TRUE(against("ascend", "bf16", {nan, nan}, {1, 1}, {1, 1}).passes);
  EXPECT_TRUE(against("ascend", "bf16", {inf, 1}, {1, 1}, {1, 1}).passes);
  EXPECT_TRUE(against("ascend", "fp16", {7, 1}, {1e6, 1}, {1e6, 1}).passes) << "the reference overflows fp16";
}

TEST(AscendGate, zeros_and_no_entries) {
  EXPECT_TRUE(against("ascend", "fp32", {0, 0}, {0, 0}, {0, 0}).passes);
  EXPECT_TRUE(against("ascend", "fp32", {}, {}, {}).passes) << "the owner skips them";
  EXPECT_FALSE(against("ascend", "fp32", {0, 0}, {1, 1}, {1, 1}).passes) << "zeros are wrong";
}

}  // namespace tristab::ascend_test
