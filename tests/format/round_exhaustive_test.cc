// Rounding to nearest even of every float, by exhaustive enumeration: the values of the format stand in a
// sorted table, the floats are walked in ascending order, and the nearer neighbour is found by exact
// distances in double. All 2^32 floats with TRISTAB_FULL_TESTS=1; otherwise one in 509.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "tristab/format/format.h"
#include "tristab/format/round.h"

namespace tristab::round_exhaustive_test {

bool full_tests() {
  const char* value = std::getenv("TRISTAB_FULL_TESTS");
  return value != nullptr && std::string_view(value) == "1";
}

// The neighbours of ascending x >= 0 in a format's table.
class NearestInTable {
 public:
  explicit NearestInTable(const Format& format) : values_(non_negative_values(format)) {
    // Beyond the largest value the table goes on as if the format did: rounding there means overflow.
    values_.push_back(format.largest() + std::ldexp(1.0, format.max_exponent - format.precision + 1));
    beyond_ = format.overflow == Overflow::infinity ? std::numeric_limits<double>::infinity()
              : format.overflow == Overflow::nan    ? std::numeric_limits<double>::quiet_NaN()
                                                    : format.largest();
  }
  double beyond() const { return beyond_; }
  double operator()(double x) {
    if (x >= values_.back()) return beyond_;
    while (values_[below_ + 1] <= x) ++below_;
    const double down = x - values_[below_], up = values_[below_ + 1] - x;  // exact
    const bool to_above = up < down || (up == down && below_ % 2 != 0);     // an even index is an even significand
    const std::size_t nearest = below_ + (to_above ? 1 : 0);
    return nearest + 1 == values_.size() ? beyond_ : values_[nearest];
  }

 private:
  std::vector<double> values_;
  double beyond_ = 0;
  std::size_t below_ = 0;
};

void expect_every_float_right(const char* name, std::uint32_t step) {
  const Format format = format_of(name, "test");
  const RoundingTarget<float> target(format);
  NearestInTable nearest(format);
  constexpr std::uint32_t infinity = 0x7f800000U;
  std::uint64_t failures = 0;
  for (std::uint32_t bits = 0; bits < infinity; bits += step) {
    const float x = std::bit_cast<float>(bits);
    const auto expected = static_cast<float>(nearest(static_cast<double>(x)));
    const float positive = round_value(x, target, Rounding::nearest_even);
    const float negative = round_value(-x, target, Rounding::nearest_even);
    failures += !same_bits(positive, expected);
    failures += !same_bits(negative, -expected);
  }
  for (std::uint64_t bits = infinity; bits <= 0x7fffffffU; bits += step) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const float positive = round_value(x, target, Rounding::nearest_even);
    const float negative = round_value(-x, target, Rounding::nearest_even);
    const auto beyond = static_cast<float>(nearest.beyond());
    failures += bits == infinity ? !same_bits(positive, beyond) || !same_bits(negative, -beyond)
                                 : positive == positive || negative == negative;
  }
  EXPECT_EQ(failures, 0U) << name;
}

TEST(RoundExhaustive, sampled_floats_round_to_the_nearest_value_of_the_table) {
  for (const char* name : {"fp16", "bf16", "e5m2", "e4m3", "e4m3-saturate", "e3m2", "e2m3", "e2m1", "e6m9", "tf32"})
    expect_every_float_right(name, 509);
}

TEST(RoundExhaustive, every_float_rounds_to_the_nearest_fp16) {
  if (!full_tests()) GTEST_SKIP() << "all 2^32 floats only with TRISTAB_FULL_TESTS=1";
  expect_every_float_right("fp16", 1);
}

TEST(RoundExhaustive, every_float_rounds_to_the_nearest_bf16) {
  if (!full_tests()) GTEST_SKIP() << "all 2^32 floats only with TRISTAB_FULL_TESTS=1";
  expect_every_float_right("bf16", 1);
}

TEST(RoundExhaustive, the_table_agrees_with_mpfr) {
  MpfrOracle oracle;
  for (const char* name : {"fp16", "bf16", "e4m3"}) {
    const Format format = format_of(name, "test");
    NearestInTable nearest(format);
    for (std::uint32_t bits = 0; bits < 0x7f800000U; bits += 40009) {
      const double x = static_cast<double>(std::bit_cast<float>(bits));
      ASSERT_TRUE(same_bits(nearest(x), oracle.convert(x, format, Rounding::nearest_even))) << name << ' ' << x;
    }
  }
}

}  // namespace tristab::round_exhaustive_test
