// The known traps of emulated accumulation, each with its published failing case (arithmetic.md section 2).
#include <gtest/gtest.h>

#include <cmath>

#include "support/product_case.h"
#include "tristab/arithmetic/kernels.h"

namespace tristab {
namespace {

// c "+" a b on every SIMD level.
template <class Carrier>
void expect_step(const char* format, Rounding rounding, bool fma, double c, double a, double b,
                 double expected, int operand_precision = 0) {
  const Format target = format_of(format, "test");
  const ProductCase<Carrier> product{
      1,   1,   1,  0, operand_precision == 0 ? target.precision : operand_precision, {target, rounding, fma},
      {a}, {b}, {c}};
  for_each_simd_level([&](const char* level) {
    EXPECT_PRED_FORMAT2(bits_equal, product.computed(false)[0], expected) << product.text() << ", " << level;
  });
}

template <class Carrier>
void expect_step(const char* format, bool fma, double c, double a, double b, double expected) {
  expect_step<Carrier>(format, Rounding::nearest_even, fma, c, a, b, expected);
}

// The exact product 0x1.7fffap-136 lies just below the tie between the subnormals
// 0x1p-136 and 0x1p-135; rounded to fp32 first it becomes that tie.
TEST(AccumulationTraps, tf32_subnormal_product_is_rounded_once) {
  MpfrOracle oracle;
  const Format tf32 = format_of("tf32", "test");
  const double a = 0x1.008p-68, b = 0x1.7f4p-68;
  const double once = oracle.multiply(a, b, tf32, Rounding::nearest_even);
  const double twice = oracle.convert(oracle.multiply(a, b, fp32_format(), Rounding::nearest_even), tf32,
                                      Rounding::nearest_even);
  ASSERT_EQ(once, 0x1p-136);
  ASSERT_EQ(twice, 0x1p-135);  // else the case would show nothing
  for (const bool fma : {false, true}) {
    expect_step<float>("tf32", fma, 0, a, b, once);
    expect_step<double>("tf32", fma, 0, a, b, once);
  }
}

TEST(AccumulationTraps, bf16_fma_is_rounded_once) {
  expect_step<float>("bf16", true, -0x1p-24, 0x1.8p17, 0x1.12p15, 0x1.9ap32);
  expect_step<double>("bf16", true, -0x1p-24, 0x1.8p17, 0x1.12p15, 0x1.9ap32);
  // Separately: the product 0x1.9bp32 is a tie, rounded to 0x1.9cp32 before the addition.
  expect_step<float>("bf16", false, -0x1p-24, 0x1.8p17, 0x1.12p15, 0x1.9cp32);
}

TEST(AccumulationTraps, fused_and_separate_differ_where_the_product_is_rounded) {
  // (1 + 2^-10)^2 = 1 + 2^-9 + 2^-20; minus (1 + 2^-9): the fused result keeps what rounding the product
  // drops.
  expect_step<float>("fp16", true, -(1 + 0x1p-9), 1 + 0x1p-10, 1 + 0x1p-10, 0x1p-20);
  expect_step<float>("fp16", false, -(1 + 0x1p-9), 1 + 0x1p-10, 1 + 0x1p-10, 0);
  expect_step<float>("fp32", true, -(1 + 0x1p-22), 1 + 0x1p-23, 1 + 0x1p-23, 0x1p-46);
  expect_step<double>("fp64", true, -(1 + 0x1p-51), 1 + 0x1p-52, 1 + 0x1p-52, 0x1p-104);
}

TEST(AccumulationTraps, nan_stays_nan) {
  for (const char* format : {"fp16", "bf16", "tf32", "e5m7", "fp32", "e4m3"}) {
    for (const bool fma : {false, true}) {
      expect_step<float>(format, fma, kNaN, 1, 1, kNaN);
      expect_step<float>(format, fma, 0, kNaN, 1, kNaN);
      expect_step<float>(format, fma, 0, kInfinity, 0, kNaN);
      expect_step<float>(format, fma, kInfinity, -kInfinity, 1, kNaN);
      expect_step<double>(format, fma, 0, 1, kNaN, kNaN);
    }
  }
}

TEST(AccumulationTraps, infinity_stays_infinity) {
  for (const char* format : {"fp16", "bf16", "tf32", "e5m7", "fp32"}) {
    for (const bool fma : {false, true}) {
      expect_step<float>(format, fma, kInfinity, 1, 1, kInfinity);
      expect_step<float>(format, fma, -1, kInfinity, -2, -kInfinity);
    }
  }
  for (const char* format : {"e9m50", "e8m30", "fp64"}) {
    for (const bool fma : {false, true}) {
      expect_step<double>(format, fma, kInfinity, 1.5, 1.25, kInfinity);
      expect_step<double>(format, fma, 1, kInfinity, 3, kInfinity);
      expect_step<double>(format, fma, 1, -kInfinity, 3, -kInfinity);
    }
  }
}

TEST(AccumulationTraps, negative_zero_stays_negative) {
  for (const char* format : {"fp16", "bf16", "tf32", "e5m7", "fp32"}) {
    for (const bool fma : {false, true}) {
      expect_step<float>(format, fma, -0.0, -0.0, 1, -0.0);
      expect_step<float>(format, fma, -0.0, 0.0, 1, 0.0);
      expect_step<float>(format, fma, 0.0, -1, 0, 0.0);
      expect_step<float>(format, fma, -1, 1, 1, 0.0);  // exact cancellation
    }
  }
}

// IEEE 754 section 6.3: an exact zero sum of operands of unlike sign is -0 in roundTowardNegative alone.
TEST(AccumulationTraps, exact_cancellation_is_negative_zero_only_rounding_down) {
  for (const Rounding mode : {Rounding::nearest_even, Rounding::nearest_away, Rounding::toward_zero,
                              Rounding::up, Rounding::down}) {
    for (const bool fma : {false, true}) {
      const double zero = mode == Rounding::down ? -0.0 : 0.0;
      expect_step<float>("fp16", mode, fma, -1, 1, 1, zero);
      expect_step<float>("fp16", mode, fma, 0.0, -0.0, 1, zero);
      expect_step<float>("fp16", mode, fma, 0.0, 0.0, 1, 0.0);
      expect_step<float>("fp16", mode, fma, -0.0, -0.0, 1, -0.0);
      expect_step<double>("e9m50", mode, fma, -1, 1, 1, zero);
    }
  }
}

// Toward zero after a nearest carrier is wrong: 1 - 2^-30 is 1 in fp32.
TEST(AccumulationTraps, directed_modes_see_what_the_carrier_would_drop) {
  for (const bool fma : {false, true}) {
    expect_step<float>("fp16", Rounding::toward_zero, fma, 1, -0x1p-10, 0x1p-14, 0x1.ffcp-1);
    expect_step<float>("fp16", Rounding::up, fma, 1, 0x1p-10, 0x1p-14, 0x1.004p0);
    expect_step<float>("bf16", Rounding::toward_zero, fma, 1, -0x1p-60, 0x1p-60, 0x1.fep-1);
    expect_step<float>("bf16", Rounding::up, fma, 1, 0x1p-60, 0x1p-60, 0x1.02p0);
    expect_step<float>("bf16", Rounding::down, fma, 1, -0x1p-60, 0x1p-60, 0x1.fep-1);
    expect_step<float>("bf16", Rounding::to_odd, fma, 1, 0x1p-60, 0x1p-60, 0x1.02p0);
    expect_step<float>("fp32", Rounding::toward_zero, fma, 1, -0x1p-60, 0x1p-60, 0x1.fffffep-1);
  }
}

TEST(AccumulationTraps, directed_modes_overflow_to_the_largest_value_on_their_side) {
  for (const bool fma : {false, true}) {
    expect_step<float>("fp16", Rounding::toward_zero, fma, 65504, 255, 255, 65504);
    expect_step<float>("fp16", Rounding::down, fma, 65504, 255, 255, 65504);
    expect_step<float>("fp16", Rounding::up, fma, 65504, 255, 255, kInfinity);
    expect_step<float>("fp16", Rounding::up, fma, -65504, 255, -255, -65504);
    expect_step<float>("fp16", Rounding::nearest_even, fma, 65504, 4, 3, 65504);
    expect_step<float>("fp16", Rounding::nearest_even, fma, 65504, 4, 4, kInfinity);
  }
}

// Subnormals of the accumulator are kept, not flushed.
TEST(AccumulationTraps, subnormals_are_kept) {
  expect_step<float>("fp16", false, 0x1p-24, 0x1p-12, 0x1p-12, 0x1p-23);
  expect_step<float>("bf16", false, 0, 0x1p-66, 0x1p-67, 0x1p-133);
  expect_step<float>("fp32", false, 0x1p-149, 0x1p-75, 0x1p-74, 0x1p-148);
  expect_step<double>("fp64", false, 0x1p-1074, 0x1p-500, 0x1p-574, 0x1p-1073);
}

// A double product that overflows or underflows still knows its side: operands of fp64 into a narrow
// accumulator.
TEST(AccumulationTraps, fp64_products_outside_the_range_of_double_are_rounded_like_any_other) {
  for (const bool fma : {false, true}) {
    expect_step<double>("fp16", Rounding::nearest_even, fma, 0, 0x1p600, 0x1p600, kInfinity, 53);
    expect_step<double>("fp16", Rounding::toward_zero, fma, 0, 0x1p600, 0x1p600, 65504, 53);
    expect_step<double>("fp16", Rounding::up, fma, 0, 0x1p-600, 0x1p-600, 0x1p-24, 53);
    expect_step<double>("fp16", Rounding::to_odd, fma, 0, -0x1p-600, 0x1p-600, -0x1p-24, 53);
    expect_step<double>("fp16", Rounding::down, fma, 1, -0x1p-600, 0x1p-600, 0x1.ffcp-1, 53);
  }
}

}  // namespace
}  // namespace tristab
