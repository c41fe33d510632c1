// The limits are worked out by hand in the type's own steps; `nan` and `inf` follow torch's documentation.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "gate/judged.h"

namespace tristab::torch_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

TEST(TorchGate, an_element_is_close_up_to_atol_plus_rtol_times_y) {
  // 0.5 + 0.25 * 2 = 1 in every format.
  for (const char* format : {"fp64", "fp32", "bf16", "fp16"}) {
    EXPECT_TRUE(judged("torch:rtol=0.25:atol=0.5", format, {3}, {2}).passes) << format;
    EXPECT_EQ(judged("torch:rtol=0.25:atol=0.5", format, {3}, {2}).share, 1) << format;
    const GateResult beyond = judged("torch:rtol=0.25:atol=0.5", format, {2, 3.5}, {2, 2});
    EXPECT_FALSE(beyond.passes) << format;
    EXPECT_EQ(beyond.share, 1.5) << format;
    EXPECT_EQ(beyond.worst, (GatePlace{0, 0, 1})) << format;
  }
}

// 1.6e-2 = 131.07 * 2^-13, in bf16 131 * 2^-13; 1e-5 more is 131.08 * 2^-13, and so 131 * 2^-13 again.
TEST(TorchGate, in_bf16_the_allowed_error_is_a_bf16_number) {
  const GateResult one_ulp = judged("torch", "bf16", {1 + 0x1p-7}, {1});
  EXPECT_EQ(one_ulp.limit, 131 * 0x1p-13);
  EXPECT_TRUE(one_ulp.passes);
  EXPECT_TRUE(judged("torch", "bf16", {1 + 0x1p-6}, {1}).passes);
  EXPECT_FALSE(judged("torch", "bf16", {1 + 0x1p-6 + 0x1p-7}, {1}).passes);
}

// 0.012 * 0.25 = 196.6 * 2^-16, which bf16 rounds to 197 * 2^-16; 0.012 = 1572.9 * 2^-17, fp16 to 1573 * 2^-17.
TEST(TorchGate, rounding_of_the_allowed_error_decides) {
  EXPECT_EQ(judged("torch:rtol=0.012:atol=0", "bf16", {0.25 + 0x1p-9}, {0.25}).limit, 197 * 0x1p-16);
  EXPECT_EQ(judged("torch:rtol=0.012:atol=0", "fp16", {1 + 0x1p-10}, {1}).limit, 1573 * 0x1p-17);
  // Above 0.003, and equal to what is allowed in bf16.
  EXPECT_TRUE(judged("torch:rtol=0:atol=0.003", "bf16", {197 * 0x1p-16}, {0}).passes);
  EXPECT_FALSE(judged("torch:rtol=0:atol=0.003", "fp64", {197 * 0x1p-16}, {0}).passes);
}

TEST(TorchGate, the_reference_is_rounded_to_the_outputs_type_first) {
  const double y = 1 + 0x1p-9;  // rounds to 1 in bf16
  EXPECT_EQ(judged("torch:rtol=0:atol=0", "bf16", {1}, {y}).share, 0);
  EXPECT_FALSE(judged("torch:rtol=0:atol=0", "fp32", {1}, {y}).passes);
}

TEST(TorchGate, defaults_are_those_of_the_type) {
  const auto limit = [](const char* format) { return judged("torch", format, {0.5}, {1}).limit; };
  EXPECT_NEAR(limit("fp64"), 2e-7, 1e-20);
  EXPECT_EQ(limit("fp32"), static_cast<double>(1e-5f + 1.3e-6f * 1.0f));
  EXPECT_EQ(limit("tf32"), limit("fp32")) << "tf32 is stored in fp32 tensors";
  EXPECT_NEAR(limit("fp16"), 1.01e-3, 1e-6);
}

// Another path: float's own arithmetic, and bf16 by adding to the bits of a float.
float bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u);
}

TEST(TorchGate, random_pairs_agree_with_float_arithmetic) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> size(-20, 4), part(0.5f, 2), sign(-1, 1);
  int close = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const float wide = std::copysign(std::exp2(size(random)), sign(random));
    const float other =
        wide + std::copysign(0.016f * std::fabs(wide) * part(random) + 1e-5f * part(random), sign(random));
    for (const bool narrow : {false, true}) {
      const auto rounded = [&](float v) { return narrow ? bf16(v) : v; };
      const float y = rounded(wide), x = rounded(other);
      const float allowed = rounded(1e-5f + std::fabs(rounded(0.016f * y))), actual = std::fabs(rounded(x - y));
      const GateResult found = judged("torch:rtol=0.016:atol=1e-5", narrow ? "bf16" : "fp32", {x}, {wide});
      EXPECT_EQ(found.passes, actual <= allowed) << x << " " << y;
      EXPECT_EQ(found.limit, allowed);
      EXPECT_EQ(found.value, actual);
      close += found.passes;
    }
  }
  EXPECT_GT(close, 5000);
  EXPECT_LT(close, 35000);
}

TEST(TorchGate, nan_is_close_to_nothing) {
  EXPECT_FALSE(judged("torch", "fp32", {nan}, {1}).passes);
  EXPECT_FALSE(judged("torch", "fp32", {nan}, {nan}).passes);
  EXPECT_FALSE(judged("torch", "fp32", {1}, {nan}).passes);
  EXPECT_EQ(judged("torch", "fp32", {1, nan}, {1, 1}).share, inf);
}

TEST(TorchGate, an_infinity_is_close_to_itself_only) {
  EXPECT_TRUE(judged("torch", "fp32", {inf, -inf}, {inf, -inf}).passes);
  EXPECT_FALSE(judged("torch", "fp32", {inf}, {-inf}).passes);
  EXPECT_FALSE(judged("torch", "fp32", {inf}, {1}).passes);
  EXPECT_FALSE(judged("torch", "fp32", {1}, {inf}).passes) << "the allowed error is infinite, the error not finite";
  EXPECT_TRUE(judged("torch", "fp16", {inf}, {1e6}).passes) << "the reference overflows fp16 too";
}

TEST(TorchGate, fp8_tensors_must_be_equal) {
  EXPECT_TRUE(judged("torch:rtol=1:atol=1", "e4m3", {1}, {1.01}).passes) << "1.01 is 1 in e4m3";
  EXPECT_FALSE(judged("torch:rtol=1:atol=1", "e4m3", {1.125}, {1}).passes);
  EXPECT_TRUE(judged("kernelbench:0.2", "e5m2", {1.25}, {1}).passes) << "in fp32: 0.2 + 0.2 * 1.25";
}

TEST(TorchGate, no_elements_are_close) { EXPECT_TRUE(judged("torch", "fp32", {}, {}).passes); }

TEST(TorchGate, hole_atol_above_the_outputs_accepts_zeros) {
  EXPECT_TRUE(judged("torch:rtol=0.05:atol=0.05", "bf16", {0, 0, 0}, {0.011, -0.01, 0.004}).passes);
  EXPECT_TRUE(judged("kernelbench:0.05", "bf16", {0, 0, 0}, {0.011, -0.01, 0.004}).passes);
}

TEST(KernelbenchGate, the_tolerance_is_relative_to_the_output) {
  // 0.1 + 0.1 * 110 = 11.1 allows 110 against 100; relative to 100 it would allow 10.1 only.
  EXPECT_NEAR(judged("kernelbench:0.1", "fp32", {110}, {100}).limit, 11.1, 1e-5);
  EXPECT_TRUE(judged("kernelbench:0.1", "fp32", {111}, {100}).passes);
  EXPECT_FALSE(judged("torch:rtol=0.1:atol=0.1", "fp32", {111}, {100}).passes);
  EXPECT_NEAR(judged("kernelbench", "bf16", {0}, {1}).limit, 0.01, 1e-4);
  EXPECT_NEAR(judged("kernelbench", "fp32", {0}, {1}).limit, 1e-4, 1e-10);
  EXPECT_FALSE(judged("kernelbench", "fp32", {nan}, {nan}).passes);
  EXPECT_TRUE(judged("kernelbench", "fp32", {inf}, {inf}).passes);
}

}  // namespace tristab::torch_test
