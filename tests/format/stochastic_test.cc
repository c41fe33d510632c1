// Stochastic rounding: which neighbours it gives, with which probability, and that nothing is lost of the
// exact value. The draws are enumerated, so the expectations are exact and not estimated.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "tristab/format/round.h"

namespace tristab::stochastic_test {

// Draws evenly spread over all 32-bit integers: their mean is that of all of them, up to one part in `count`.
template <class Action>
void for_spread_draws(int count, const Action& action) {
  for (int i = 0; i < count; ++i)
    action(
        static_cast<std::uint32_t>(((2ULL * static_cast<std::uint64_t>(i) + 1) << 31) / static_cast<unsigned>(count)));
}

TEST(StochasticRounding, results_are_the_neighbours_as_often_as_their_distances_say) {
  MpfrOracle oracle;
  Samples samples(5);
  constexpr int kDraws = 4096;
  for (const char* name : {"fp16", "bf16", "e4m3", "e2m1", "tf32", "e9m50", "e8m23", "fp16-saturate"}) {
    const Format format = format_of(name, "test");
    const RoundingTarget<double> target(format);
    for (int i = 0; i < 200; ++i) {
      const double x = samples.value(fp64_format(), format.lsb_min() - 2, format.max_exponent - 1);
      const double below = oracle.convert(x, format, Rounding::down), above = oracle.convert(x, format, Rounding::up);
      int ups = 0;
      for_spread_draws(kDraws, [&](std::uint32_t draw) {
        const double rounded = round_stochastically(x, 0, target, draw);
        ASSERT_TRUE(rounded == below || rounded == above) << name << ' ' << std::hexfloat << x << ' ' << rounded;
        ups += rounded == above && above != below;
      });
      const double probability = above == below ? 0 : (x - below) / (above - below);
      EXPECT_NEAR(static_cast<double>(ups) / kDraws, probability, 1.0 / kDraws) << name << ' ' << x;
    }
  }
}

// x + y with an error term far below the last place of a double still moves the threshold the right way.
TEST(StochasticRounding, the_discarded_part_includes_what_the_carrier_lost) {
  const RoundingTarget<double> target(format_of("fp16", "test"));
  constexpr std::uint32_t half = 0x80000000U;
  // 1 + 2^-11 exactly: the draws below one half round away. A tiny error moves nothing by a whole draw...
  EXPECT_EQ(round_stochastically(1 + 0x1p-11, 0, target, half - 1), 1 + 0x1p-10);
  EXPECT_EQ(round_stochastically(1 + 0x1p-11, 0, target, half), 1.0);
  // ... but at a threshold it decides: (draw + 1/2) 2^-32 units of 2^-10 are discarded exactly.
  const double threshold = (half + 0.5) * 0x1p-32 * 0x1p-10;
  EXPECT_EQ(round_stochastically(1 + threshold, 0, target, half), 1.0);
  EXPECT_EQ(round_stochastically(1 + threshold, 0x1p-60, target, half), 1 + 0x1p-10);
  EXPECT_EQ(round_stochastically(1 + threshold, -0x1p-60, target, half), 1.0);
}

// Rounding a value that was rounded to fp32 before is biased: the discarded bits are gone.
TEST(StochasticRounding, of_a_value_below_the_carriers_last_place_is_unbiased) {
  const RoundingTarget<double> target(format_of("bf16", "test"));
  // 1 + 2^-30: fp32 would have lost the 2^-30. One draw in 2^23 rounds away; take those next to the threshold.
  EXPECT_EQ(round_stochastically(1 + 0x1p-30, 0, target, 511), 1 + 0x1p-7);
  EXPECT_EQ(round_stochastically(1 + 0x1p-30, 0, target, 512), 1.0);
}

TEST(StochasticRounding, exact_values_zeros_infinities_and_nan_never_change) {
  const Format format = format_of("fp16", "test");
  const RoundingTarget<double> target(format);
  for (const std::uint32_t draw : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    for (const double x : {1.0, -1.5, 65504.0, 0x1p-24, 0.0}) EXPECT_EQ(round_stochastically(x, 0, target, draw), x);
    EXPECT_TRUE(std::signbit(round_stochastically(-0.0, 0, target, draw)));
    EXPECT_EQ(round_stochastically(kInfinity, 0, target, draw), kInfinity);
    EXPECT_TRUE(std::isnan(round_stochastically(kNaN, 0, target, draw)));
  }
}

TEST(StochasticRounding, beyond_the_largest_value_the_draw_decides_on_overflow) {
  const RoundingTarget<double> fp16(format_of("fp16", "test")), saturating(format_of("fp16-saturate", "test"));
  const double x = 65504 + 8;  // a quarter of the way to 65536
  EXPECT_EQ(round_stochastically(x, 0, fp16, 0x3fffffffU), kInfinity);
  EXPECT_EQ(round_stochastically(x, 0, fp16, 0x40000000U), 65504);
  EXPECT_EQ(round_stochastically(x, 0, saturating, 0), 65504);
  EXPECT_EQ(round_stochastically(-x, 0, fp16, 0), -kInfinity);
}

}  // namespace tristab::stochastic_test
