// The selftest's oracles of single operations against the tests' own: MPFR, called in another way.
#include "tristab/selftest/odd_oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "tristab/selftest/mpfr_oracle.h"

namespace tristab::odd_oracle_test {

using selftest::Operator;
using selftest::OracleFormat;

constexpr Operator kOperators[] = {Operator::convert, Operator::add,         Operator::subtract, Operator::multiply,
                                   Operator::divide,  Operator::square_root, Operator::fused};

double truth_of(MpfrOracle& mpfr, Operator op, double x, double y, double z, const Format& format, Rounding mode) {
  switch (op) {
    case Operator::convert:
      return mpfr.convert(x, format, mode);
    case Operator::add:
      return mpfr.add(x, y, format, mode);
    case Operator::subtract:
      return mpfr.subtract(x, y, format, mode);
    case Operator::multiply:
      return mpfr.multiply(x, y, format, mode);
    case Operator::divide:
      return mpfr.divide(x, y, format, mode);
    case Operator::square_root:
      return mpfr.square_root(x, format, mode);
    case Operator::fused:
      break;
  }
  return mpfr.fma(x, y, z, format, mode);
}

double draw(Samples& samples, const Format& format, int kind) {
  const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0, format.largest(), format.smallest_subnormal()};
  switch (kind) {
    case 0:
      return samples.any(format);
    case 1:
      return samples.moderate(format);
    case 2:
      return samples.value(format, format.lsb_min(), std::min(format.min_exponent + 2, format.max_exponent));
    default:
      return samples.chance(3) ? specials[samples.integer(0, 6)] : samples.any(format);
  }
}

TEST(OddOracle, every_operation_format_and_rounding_agrees_with_mpfr) {
  MpfrOracle mpfr;
  Samples samples(17);
  for (const Format& format : formats_inside_fp32()) {
    const OracleFormat target(format);
    for (int i = 0; i < 2000; ++i) {
      const double x = draw(samples, format, i % 4), z = draw(samples, format, i % 4);
      const double y = samples.chance(6) ? x : draw(samples, format, i % 4);
      for (const Operator op : kOperators) {
        const Rounding mode = kAllRoundings[samples.integer(0, 5)];
        ASSERT_PRED_FORMAT2(bits_equal, selftest::oracle_result(op, x, y, z, target, mode),
                            truth_of(mpfr, op, x, y, z, format, mode))
            << format.name << ' ' << selftest::symbol_of(op) << ' ' << name_of(mode) << std::hexfloat << ' ' << x << ' '
            << y << ' ' << z;
      }
    }
  }
}

TEST(OddOracle, operands_of_fp32_are_rounded_once_to_narrow_formats) {
  MpfrOracle mpfr;
  Samples samples(19);
  for (const char* name : {"fp16", "bf16", "e4m3", "e8m12"}) {
    const Format format = format_of(name, "test");
    const OracleFormat target(format);
    for (int i = 0; i < 3000; ++i) {
      const double x = draw(samples, fp32_format(), i % 3), y = draw(samples, fp32_format(), i % 3),
                   z = draw(samples, fp32_format(), i % 3);
      for (const Operator op : kOperators) {
        ASSERT_PRED_FORMAT2(bits_equal, selftest::oracle_result(op, x, y, z, target, Rounding::nearest_even),
                            truth_of(mpfr, op, x, y, z, format, Rounding::nearest_even))
            << name << ' ' << selftest::symbol_of(op) << std::hexfloat << ' ' << x << ' ' << y << ' ' << z;
      }
    }
  }
}

// Published cases where rounding twice, first in a wider format, gives another result.
TEST(OddOracle, the_published_traps_are_rounded_once) {
  const OracleFormat bf16(format_of("bf16", "test")), tf32(format_of("tf32", "test"));
  EXPECT_EQ(selftest::oracle_result(Operator::fused, 0x1.8p17, 0x1.12p15, -0x1p-24, bf16, Rounding::nearest_even),
            0x1.9ap32);
  EXPECT_EQ(selftest::oracle_result(Operator::multiply, 0x1.008p-68, 0x1.7f4p-68, 0, tf32, Rounding::nearest_even),
            0x1p-136);
}

TEST(SelftestMpfr, agrees_with_the_tests_own_use_of_mpfr) {
  MpfrOracle mpfr;
  selftest::MpfrOracle other;
  Samples samples(23);
  std::vector<Format> formats = formats_inside_fp32();
  formats.push_back(format_of("e9m50", "test"));
  for (const Format& format : formats) {
    for (int i = 0; i < 300; ++i) {
      const double x = draw(samples, format, i % 4), y = draw(samples, format, i % 4), z = draw(samples, format, i % 4);
      for (const Operator op : kOperators) {
        for (const Rounding mode : kAllRoundings) {
          ASSERT_PRED_FORMAT2(bits_equal, other(op, x, y, z, format, mode), truth_of(mpfr, op, x, y, z, format, mode))
              << format.name << ' ' << selftest::symbol_of(op) << ' ' << name_of(mode) << std::hexfloat << ' ' << x
              << ' ' << y << ' ' << z;
        }
      }
    }
  }
}

}  // namespace tristab::odd_oracle_test
