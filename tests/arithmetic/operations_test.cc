// Single operations, rounded once, against MPFR: every format, every deterministic rounding, every SIMD level; and
// the exact sums behind fp64 in directed modes.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/bits.h"
#include "support/exact_dot.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/exact_sum.h"
#include "tristab/arithmetic/kernels.h"

namespace tristab::operations_test {

constexpr Operation kOperations[] = {Operation::add, Operation::subtract, Operation::multiply, Operation::divide,
                                     Operation::square_root};
constexpr const char* kNames[] = {"+", "-", "*", "/", "sqrt"};

double truth_of(MpfrOracle& oracle, Operation operation, double x, double y, const Format& format, Rounding mode) {
  switch (operation) {
    case Operation::add:
      return oracle.add(x, y, format, mode);
    case Operation::subtract:
      return oracle.subtract(x, y, format, mode);
    case Operation::multiply:
      return oracle.multiply(x, y, format, mode);
    case Operation::divide:
      return oracle.divide(x, y, format, mode);
    case Operation::square_root:
      break;
  }
  return oracle.square_root(x, format, mode);
}

template <class Carrier>
struct Operands {
  std::vector<Carrier> x, y;
  void add(double a, double b) {
    x.push_back(static_cast<Carrier>(a));
    y.push_back(static_cast<Carrier>(b));
  }
};

// Random values of the format, pairs whose result lies next to a tie or at an end of the range, and what is not a
// number.
template <class Carrier>
Operands<Carrier> operands_of(const Format& format, int count) {
  Samples samples(91);
  Operands<Carrier> operands;
  const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0, format.largest(), -format.smallest_normal(), 1.0};
  for (const double a : specials) {
    for (const double b : specials) operands.add(a, b);
  }
  const int half = format.min_exponent / 2, spread = format.precision + 2;
  for (int i = 0; i < count; ++i) {
    const double a = samples.any(format), b = samples.any(format);
    operands.add(a, b);
    operands.add(samples.moderate(format), samples.moderate(format));
    // Products and quotients about the smallest normal number.
    operands.add(
        samples.value(format, std::max(half - spread, format.lsb_min()), std::min(half + 2, format.max_exponent)),
        samples.value(format, std::max(half - spread, format.lsb_min()), std::min(half + 2, format.max_exponent)));
    operands.add(samples.value(format, format.lsb_min(), std::min(format.min_exponent + 3, format.max_exponent)),
                 samples.moderate(format));
    // The addend about half a unit of the other in its last place.
    const int exponent = samples.integer(format.min_exponent, format.max_exponent);
    const int below = std::max(exponent - format.precision, format.lsb_min());
    operands.add(samples.value(format, exponent, exponent), samples.value(format, below, below + 1));
    // x x and x 1/x: squares for the root, quotients next to one.
    operands.add(a, samples.chance(2) ? a : -a);
  }
  return operands;
}

template <class Carrier>
void check_operation(Operation operation, const Operands<Carrier>& operands, const Format& format, Rounding mode) {
  MpfrOracle oracle;
  const std::vector<Carrier>&x = operands.x, &y = operands.y;
  std::vector<double> expected;
  for (std::size_t i = 0; i < x.size(); ++i)
    expected.push_back(truth_of(oracle, operation, static_cast<double>(x[i]), static_cast<double>(y[i]), format, mode));
  for_each_simd_level([&](const char* level) {
    std::vector<Carrier> z(x.size());
    apply_operation(operation, x.data(), y.data(), z.data(), static_cast<int>(x.size()), format, mode);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_PRED_FORMAT2(bits_equal, static_cast<double>(z[i]), expected[i])
          << format.name << ' ' << name_of(mode) << ' ' << level << ": " << std::hexfloat << static_cast<double>(x[i])
          << ' ' << kNames[static_cast<int>(operation)] << ' ' << static_cast<double>(y[i]);
    }
  });
}

TEST(Operations, formats_inside_fp32_agree_with_mpfr_in_every_mode_on_float) {
  for (const Format& format : formats_inside_fp32()) {
    const Operands<float> operands = operands_of<float>(format, 400);
    for (const Rounding mode : kAllRoundings) {
      for (const Operation operation : kOperations) check_operation(operation, operands, format, mode);
      if (HasFailure()) return;
    }
  }
}

TEST(Operations, formats_inside_fp32_agree_with_mpfr_in_every_mode_on_double) {
  for (const Format& format : formats_inside_fp32()) {
    const Operands<double> operands = operands_of<double>(format, 300);
    for (const Rounding mode : kAllRoundings) {
      for (const Operation operation : kOperations) check_operation(operation, operands, format, mode);
      if (HasFailure()) return;
    }
  }
}

TEST(Operations, wide_formats_agree_with_mpfr) {
  for (const char* name : {"e9m50", "e8m28", "e9m26", "e9m3", "fp32"}) {
    const Format format = format_of(name, "test");
    const Operands<double> operands = operands_of<double>(format, 400);
    for (const Rounding mode : kAllRoundings) {
      for (const Operation operation : kOperations) check_operation(operation, operands, format, mode);
      if (HasFailure()) return;
    }
  }
}

TEST(Operations, fp64_to_nearest_agrees_with_mpfr) {
  const Operands<double> operands = operands_of<double>(fp64_format(), 100);
  for (const Operation operation : kOperations)
    check_operation(operation, operands, fp64_format(), Rounding::nearest_even);
}

TEST(Operations, fp64_sums_and_products_round_the_exact_ones_in_every_mode) {
  ExactDot dot;
  const Operands<double> operands = operands_of<double>(fp64_format(), 60);
  const auto& [x, y] = operands;
  for (const Rounding mode : kAllRoundings) {
    for (const Operation operation : {Operation::add, Operation::subtract, Operation::multiply}) {
      std::vector<double> z(x.size());
      apply_operation(operation, x.data(), y.data(), z.data(), static_cast<int>(x.size()), fp64_format(), mode);
      for (std::size_t i = 0; i < x.size(); ++i) {
        dot.clear();
        if (operation == Operation::multiply) {
          dot.add_product(x[i], y[i]);
        } else {
          dot.add(x[i]);
          dot.add(operation == Operation::add ? y[i] : -y[i]);
        }
        ASSERT_PRED_FORMAT2(bits_equal, z[i], dot.rounded(fp64_format(), mode))
            << name_of(mode) << ": " << std::hexfloat << x[i] << ' ' << kNames[static_cast<int>(operation)] << ' '
            << y[i];
      }
    }
  }
}

TEST(ExactSum, agrees_with_mpfr_in_every_format_and_rounding) {
  Samples samples(97);
  ExactDot dot;
  std::vector<Format> formats = formats_inside_fp32();
  for (const char* name : {"fp64", "e9m50", "e9m26"}) formats.push_back(format_of(name, "test"));
  const auto operand = [&](int kind) {
    const double specials[] = {kInfinity, -kInfinity, kNaN};
    switch (kind) {
      case 0:
        return samples.any(fp64_format());
      case 1:
        return samples.moderate(fp64_format());
      case 2:
        return samples.value(fp64_format(), -560, -500);  // products about 2^-1074
      case 3:
        return samples.chance(2) ? 0.0 : -0.0;
      case 4:
        return samples.moderate(format_of("bf16", "test"));
      default:
        return samples.chance(9) ? specials[samples.integer(0, 2)] : samples.any(fp64_format());
    }
  };
  for (int i = 0; i < 3000; ++i) {
    const int kind = i % 6, terms = samples.integer(1, 12);
    ExactSum sum;
    dot.clear();
    for (int k = 0; k < terms; ++k) {
      const double x = operand(kind), y = operand(kind);
      sum.add_product(x, y);
      dot.add_product(x, y);
      if (samples.chance(3)) {  // cancellation down to what follows
        sum.add_product(-x, y);
        dot.add_product(-x, y);
      }
    }
    for (const Format& format : formats) {
      for (const Rounding mode : kAllRoundings) {
        ASSERT_PRED_FORMAT2(bits_equal, sum.rounded(format, mode), dot.rounded(format, mode))
            << format.name << ' ' << name_of(mode) << ", kind " << kind << ", " << terms << " terms";
      }
    }
  }
}

// 2^31 products may be added; the digits' carries are put off as long.
TEST(ExactSum, many_terms_of_one_sign_lose_no_carry) {
  ExactSum sum;
  for (int i = 0; i < 1000000; ++i) sum.add_product(0x1.fffffffffffffp1, 0x1.fffffffffffffp0);
  // 10^6 (2^53 - 1)^2 2^-103
  const double expected = 8e6 * (1 - 0x1p-52);
  EXPECT_EQ(sum.rounded(fp64_format(), Rounding::nearest_even), expected);
}

}  // namespace tristab::operations_test
