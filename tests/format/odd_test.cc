// Round-to-odd in double (force_odd, sum_to_odd) against MPFR's directed results.
#include <gtest/gtest.h>

#include <cmath>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "tristab/format/round.h"

namespace tristab::odd_test {

constexpr int kSamples = 200000;

// Two addends whose exponents differ by -60 .. 60; half of them nearly cancel.
struct Addends {
  double x, y;
};
Addends draw(Samples& samples) {
  const int exponent = samples.integer(-200, 200);
  const double x = samples.value(fp64_format(), exponent, exponent);
  const double y = samples.value(fp64_format(), exponent - 60, exponent + 60);
  if (samples.chance(3)) return {x, -x * (1 + std::ldexp(1.0, -samples.integer(1, 52)))};
  return {x, y};
}

TEST(SumToOdd, agrees_with_mpfr) {
  Samples samples(5);
  MpfrOracle oracle;
  for (int i = 0; i < kSamples; ++i) {
    const auto [x, y] = draw(samples);
    ASSERT_PRED_FORMAT2(bits_equal, sum_to_odd(x, y), oracle.add(x, y, fp64_format(), Rounding::to_odd));
  }
}

TEST(SumToOdd, zeros_infinities_and_nan_are_those_of_the_sum) {
  for (const double x : {0.0, -0.0, 1.0, -1.0, 0x1p-1074, kInfinity, -kInfinity, kNaN}) {
    for (const double y : {0.0, -0.0, 1.0, -1.0, -0x1p-1074, kInfinity, -kInfinity, kNaN}) {
      if (std::isfinite(x) && std::isfinite(y) && x + y != 0) continue;
      EXPECT_PRED_FORMAT2(bits_equal, sum_to_odd(x, y), x + y);
    }
  }
  EXPECT_EQ(sum_to_odd(1, 0x1p-60), 0x1.0000000000001p0);
  EXPECT_EQ(sum_to_odd(1, -0x1p-60), 0x1.fffffffffffffp-1);
  EXPECT_EQ(sum_to_odd(-1, 0x1p-1074), -0x1.fffffffffffffp-1);
}

TEST(ForceOdd, products_agree_with_mpfr) {
  Samples samples(6);
  MpfrOracle oracle;
  for (int i = 0; i < kSamples; ++i) {
    const double x = samples.value(fp64_format(), -300, 300), y = samples.value(fp64_format(), -300, 300);
    const double product = x * y;
    ASSERT_PRED_FORMAT2(bits_equal, force_odd(product, std::fma(x, y, -product)),
                        oracle.multiply(x, y, fp64_format(), Rounding::to_odd));
  }
}

// Boldo and Melquiond's theorem in use: to odd with at least two bits more, then any rounding.
TEST(SumToOdd, rounding_it_once_more_is_one_rounding) {
  MpfrOracle oracle;
  for (const char* name : {"fp16", "bf16", "tf32", "e8m23", "e9m50", "e5m2"}) {
    const Format format = format_of(name, "test");
    const RoundingTarget<double> target(format);
    Samples samples(8);
    for (int i = 0; i < 8000; ++i) {
      const double x = samples.value(fp64_format(), format.lsb_min() - 5, format.max_exponent);
      const double y = samples.chance(2) ? samples.value(fp64_format(), format.lsb_min() - 60, format.max_exponent)
                                         : std::ldexp(x, -samples.integer(40, 70));
      for (const Rounding mode : kAllRoundings) {
        if (x + y == 0) continue;
        ASSERT_PRED_FORMAT2(bits_equal, round_value(sum_to_odd(x, y), target, mode), oracle.add(x, y, format, mode))
            << name << ' ' << name_of(mode);
      }
    }
  }
}

}  // namespace tristab::odd_test
