// round_value against MPFR: every format and mode on random carriers, all values of small formats, midpoints
// and their neighbours, subnormals, overflow thresholds and special values.
#include "tristab/format/round.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "tristab/format/format.h"

namespace tristab::round_test {

template <class Carrier>
class Checker {
 public:
  explicit Checker(const Format& format) : format_(format), target_(format) {}

  // Counts disagreements instead of printing millions; the first one is shown.
  void check(Carrier x) {
    for (const Rounding mode : kAllRoundings) {
      const double computed = round_value(x, target_, mode);
      const double expected = oracle_.convert(x, format_, mode);
      ++checked_;
      if (same_bits(computed, expected)) continue;
      if (failures_++ == 0) {
        ADD_FAILURE() << format_.name << ' ' << name_of(mode) << " of " << ::testing::PrintToString(x) << " ("
                      << std::hexfloat << x << "): " << computed << ", expected " << expected;
      }
    }
  }
  void check_both_signs(Carrier x) {
    check(x);
    check(-x);
  }
  // x and the carriers next to it.
  void check_around(double x) {
    const auto carrier = static_cast<Carrier>(x);
    constexpr Carrier infinity = std::numeric_limits<Carrier>::infinity();
    check_both_signs(carrier);
    check_both_signs(std::nextafter(carrier, infinity));
    check_both_signs(std::nextafter(carrier, -infinity));
  }
  void finish() const { EXPECT_EQ(failures_, 0) << format_.name << ": of " << checked_; }
  const Format& format() const { return format_; }

 private:
  Format format_;
  RoundingTarget<Carrier> target_;
  MpfrOracle oracle_;
  long checked_ = 0, failures_ = 0;
};

template <class Carrier>
std::vector<Format> formats_of() {
  std::vector<Format> formats = formats_inside_fp32();
  // As many bits as float has, and subnormals of their own.
  for (const char* name : {"e7m23", "e5m23", "p24emin-60emax70-saturate", "p23emin-9emax9"})
    formats.push_back(format_of(name, "test"));
  if (sizeof(Carrier) == sizeof(double)) {
    for (const char* name : {"e9m50", "e9m1", "e8m28", "e2m50", "bf16-flush", "fp32-flush", "e9m20-saturate",
                             "p9emin-290emax290-nan", "p51emin-300emax300"})
      formats.push_back(format_of(name, "test"));
  }
  return formats;
}

template <class Carrier>
void check_special_values() {
  for (const Format& format : formats_of<Carrier>()) {
    Checker<Carrier> checker(format);
    checker.check_both_signs(0);
    checker.check_both_signs(std::numeric_limits<Carrier>::infinity());
    checker.check_both_signs(std::numeric_limits<Carrier>::quiet_NaN());
    checker.check_both_signs(std::numeric_limits<Carrier>::denorm_min());
    checker.check_both_signs(std::numeric_limits<Carrier>::max());
    const double largest = format.largest(), half_ulp = std::ldexp(1.0, format.max_exponent - format.precision);
    for (const double x : {largest - half_ulp, largest, largest + half_ulp / 2, largest + half_ulp,
                           largest + half_ulp * 1.5, largest + 2 * half_ulp, largest + 4 * half_ulp}) {
      if (x <= static_cast<double>(std::numeric_limits<Carrier>::max())) checker.check_around(x);
    }
    for (int quarters = 1; quarters <= 40; ++quarters) {
      checker.check_around(quarters * 0.25 * format.smallest_subnormal());
      checker.check_around(format.smallest_normal() + (quarters - 20) * 0.25 * format.smallest_subnormal());
    }
    checker.finish();
  }
}

template <class Carrier>
void check_random_values(int count) {
  using Bits = typename RoundingTarget<Carrier>::Bits;
  for (const Format& format : formats_of<Carrier>()) {
    Samples samples(17);
    Checker<Carrier> checker(format);
    const Format carrier = sizeof(Carrier) == sizeof(float) ? fp32_format() : fp64_format();
    for (int i = 0; i < count; ++i) {
      checker.check(std::bit_cast<Carrier>(static_cast<Bits>(samples.bits())));
      // Exponents near the format's own range, so that a wide carrier does not spend the sample on overflow.
      const int low = std::max(format.lsb_min() - 3, carrier.lsb_min());
      checker.check(
          static_cast<Carrier>(samples.value(carrier, low, std::min(format.max_exponent + 1, carrier.max_exponent))));
    }
    checker.finish();
  }
}

template <class Carrier>
void check_all_values_and_midpoints() {
  for (const Format& format : formats_of<Carrier>()) {
    if (format.precision + format.max_exponent > 27) continue;  // the small ones: fp16 and less
    Checker<Carrier> checker(format);
    const std::vector<double> values = non_negative_values(format);
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
      checker.check_around(values[i]);
      checker.check_around(values[i] + (values[i + 1] - values[i]) / 2);
    }
    checker.check_around(values.back());
    checker.finish();
  }
}

TEST(RoundValue, special_values_and_thresholds_agree_with_mpfr_on_float) { check_special_values<float>(); }
TEST(RoundValue, special_values_and_thresholds_agree_with_mpfr_on_double) { check_special_values<double>(); }
TEST(RoundValue, random_floats_agree_with_mpfr) { check_random_values<float>(12000); }
TEST(RoundValue, random_doubles_agree_with_mpfr) { check_random_values<double>(12000); }
TEST(RoundValue, small_formats_and_midpoints_agree_with_mpfr_on_float) { check_all_values_and_midpoints<float>(); }
TEST(RoundValue, small_formats_and_midpoints_agree_with_mpfr_on_double) { check_all_values_and_midpoints<double>(); }

TEST(RoundValue, formats_as_wide_as_the_carrier_change_nothing) {
  Samples samples(3);
  const RoundingTarget<float> fp32(fp32_format());
  const RoundingTarget<double> fp64(fp64_format());
  for (int i = 0; i < 100000; ++i) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(samples.bits()));
    const auto y = std::bit_cast<double>(samples.bits());
    for (const Rounding mode : kAllRoundings) {
      ASSERT_TRUE(same_bits(round_value(x, fp32, mode), x)) << x;
      ASSERT_TRUE(same_bits(round_value(y, fp64, mode), y)) << y;
    }
  }
}

// Published emulators get both wrong.
TEST(RoundValue, nan_stays_nan_and_negative_zero_stays_negative) {
  for (const Format& format : formats_inside_fp32()) {
    const RoundingTarget<float> target(format);
    for (const Rounding mode : kAllRoundings) {
      // A NaN whose payload lies only in the dropped bits must not become infinity.
      EXPECT_TRUE(std::isnan(round_value(std::bit_cast<float>(0x7f800001U), target, mode))) << format.name;
      EXPECT_TRUE(std::isnan(round_value(std::bit_cast<float>(0xff800001U), target, mode))) << format.name;
      EXPECT_TRUE(std::isnan(round_value(std::bit_cast<float>(0x7fffffffU), target, mode))) << format.name;
      const float zero = round_value(-0.0F, target, mode);
      EXPECT_TRUE(zero == 0 && std::signbit(zero)) << format.name;
    }
  }
}

TEST(RoundValue, fp16_values_by_hand) {
  const RoundingTarget<float> target(format_of("fp16", "test"));
  EXPECT_EQ(round_value(2049.0F, target, Rounding::nearest_even), 2048.0F);
  EXPECT_EQ(round_value(2049.0F, target, Rounding::nearest_away), 2050.0F);
  EXPECT_EQ(round_value(2051.0F, target, Rounding::toward_zero), 2050.0F);
  EXPECT_EQ(round_value(2049.0F, target, Rounding::up), 2050.0F);
  EXPECT_EQ(round_value(-2049.0F, target, Rounding::down), -2050.0F);
  EXPECT_EQ(round_value(2048.5F, target, Rounding::to_odd), 2050.0F);  // 2050 = 1025 units: odd
  EXPECT_EQ(round_value(2051.5F, target, Rounding::to_odd), 2050.0F);
  EXPECT_EQ(round_value(70000.0F, target, Rounding::to_odd), 65504.0F);
  EXPECT_EQ(round_value(65520.0F, target, Rounding::nearest_even), std::numeric_limits<float>::infinity());
  EXPECT_EQ(round_value(65519.0F, target, Rounding::nearest_even), 65504.0F);
}

}  // namespace tristab::round_test
