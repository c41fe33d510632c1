// accumulate_coded_product against the definition in 64-bit integers and single fp32 operations by MPFR:
//   c := fl(c + fl(fl(s_A s_B) fl(Q_A Q_B))), c := fl(c + fl(D_A fl(s_B Q_B))), c := fl(c + fl(fl(s_A Q_A)
//   D_B)), c := fl(c + fl(D_A D_B))
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/quantise.h"

namespace tristab {
namespace {

struct Operand {
  int rows, columns, diagonal;
  std::vector<double> elements;
  double operator()(int i, int j) const { return elements[static_cast<std::size_t>(i * columns + j)]; }
  bool on_diagonal(int i, int j) const { return j == i + diagonal; }
};

// Scale and codes of one group of elements, straight from the definition.
struct Group {
  double amax = 0;
  void see(double x) { amax = std::max(amax, std::fabs(x)); }
  double scale(const Quantiser& quantiser) const {
    if (amax == 0) return 1;
    if (quantiser.rule == Quantiser::Rule::amax) {
      return static_cast<double>(
          static_cast<float>(static_cast<float>(amax) / static_cast<float>(quantiser.largest_code)));
    }
    double power = 0x1p-149;
    while (power * quantiser.largest_code < amax) power *= 2;
    return power;
  }
};

class LongHand {
 public:
  explicit LongHand(const Quantiser& quantiser) : quantiser_(quantiser) {}

  double element(double c, const Operand& a, const Operand& b, int i, int j, double a_scale, double b_scale) {
    const double sa = scale_of(a, i, true, a_scale), sb = scale_of(b, j, false, b_scale);
    std::int64_t sum = 0;
    for (int k = 0; k < a.columns; ++k) sum += code(a, i, k, sa) * code(b, k, j, sb);
    c = add(c, multiply(multiply(sa, sb), round(static_cast<double>(sum))));
    if (!quantiser_.identity_outside) return c;
    const int k = i + a.diagonal;    // D_A's element of row i
    const int row = j - b.diagonal;  // D_B's element of column j
    const bool has_a = k >= 0 && k < a.columns, has_b = row >= 0 && row < b.rows;
    const double d = has_a ? round(a(i, k)) : 0, e = has_b ? round(b(row, j)) : 0;
    if (d != 0) c = add(c, multiply(d, multiply(sb, static_cast<double>(code(b, k, j, sb)))));
    if (e != 0) c = add(c, multiply(multiply(sa, static_cast<double>(code(a, i, row, sa))), e));
    if (has_a && has_b && k == row && d != 0) c = add(c, multiply(d, e));
    return c;
  }

 private:
  double round(double x) { return oracle_.convert(x, fp32_format(), Rounding::nearest_even); }
  double add(double x, double y) { return oracle_.add(x, y, fp32_format(), Rounding::nearest_even); }
  double multiply(double x, double y) {
    return oracle_.multiply(x, y, fp32_format(), Rounding::nearest_even);
  }

  bool outside(const Operand& x, int i, int j) const {
    return quantiser_.identity_outside && x.on_diagonal(i, j);
  }

  double scale_of(const Operand& x, int line, bool left, double given) const {
    if (given != 0) return given;
    const bool by_line = quantiser_.scale == Quantiser::Scale::row;
    Group group;
    for (int i = 0; i < x.rows; ++i) {
      for (int j = 0; j < x.columns; ++j) {
        if (by_line && (left ? i : j) != line) continue;
        if (!outside(x, i, j)) group.see(x(i, j));
      }
    }
    return group.scale(quantiser_);
  }

  std::int64_t code(const Operand& x, int i, int j, double scale) const {
    if (outside(x, i, j)) return 0;
    const auto q = static_cast<std::int64_t>(std::nearbyint(x(i, j) / scale));
    return std::clamp<std::int64_t>(q, -quantiser_.largest_code, quantiser_.largest_code);
  }

  Quantiser quantiser_;
  MpfrOracle oracle_;
};

template <class Carrier>
void check(const Operand& a, const Operand& b, const std::vector<double>& c, const Quantiser& quantiser,
           double a_scale = 0, double b_scale = 0) {
  LongHand truth(quantiser);
  constexpr int kGap = 2;
  const auto with_gaps = [](const Operand& x) {
    std::vector<Carrier> to(static_cast<std::size_t>(x.rows * (x.columns + kGap)), Carrier{99});
    for (int i = 0; i < x.rows; ++i) {
      for (int j = 0; j < x.columns; ++j)
        to[static_cast<std::size_t>(i * (x.columns + kGap) + j)] = static_cast<Carrier>(x(i, j));
    }
    return to;
  };
  for_each_simd_level([&](const char* level) {
    auto left = with_gaps(a), right = with_gaps(b);
    std::vector<Carrier> sums(c.begin(), c.end());
    accumulate_coded_product<Carrier>(
        sums.data(), b.columns, {left.data(), a.columns + kGap, a.rows, a.columns, a.diagonal, a_scale},
        {right.data(), b.columns + kGap, b.rows, b.columns, b.diagonal, b_scale}, quantiser);
    for (int i = 0; i < a.rows; ++i) {
      for (int j = 0; j < b.columns; ++j) {
        const auto at = static_cast<std::size_t>(i * b.columns + j);
        ASSERT_PRED_FORMAT2(bits_equal, sums[at], truth.element(c[at], a, b, i, j, a_scale, b_scale))
            << level << ' ' << i << ' ' << j << ", k = " << a.columns << ", " << quantiser.bits << " bits";
      }
    }
    EXPECT_EQ(left, with_gaps(a)) << "operands are not written";
  });
}

Operand draw_operand(Samples& samples, int rows, int columns, int diagonal) {
  Operand operand{rows, columns, diagonal, {}};
  for (int i = 0; i < rows * columns; ++i) {
    operand.elements.push_back(samples.chance(5) ? 0.0 : samples.value(fp32_format(), -8, 0));
  }
  for (int i = 0; i < rows; ++i) {
    const int j = i + diagonal;
    if (j >= 0 && j < columns)
      operand.elements[static_cast<std::size_t>(i * columns + j)] =
          samples.chance(3) ? 1.0 : samples.value(fp32_format(), 0, 6);
  }
  return operand;
}

std::vector<Quantiser> all_quantisers() {
  std::vector<Quantiser> quantisers;
  for (const int bits : {8, 16}) {
    for (const auto scale : {Quantiser::Scale::tensor, Quantiser::Scale::row}) {
      for (const auto rule : {Quantiser::Rule::amax, Quantiser::Rule::power_of_two}) {
        for (const bool outside : {false, true})
          quantisers.push_back({bits, (1 << (bits - 1)) - 1, scale, rule, outside});
      }
    }
  }
  return quantisers;
}

template <class Carrier>
void check_random() {
  Samples samples(61);
  for (const Quantiser& quantiser : all_quantisers()) {
    for (const auto& [rows, inner, columns] : {std::tuple{1, 1, 1}, std::tuple{1, 5, 3}, std::tuple{4, 4, 4},
                                               std::tuple{3, 7, 2}, std::tuple{6, 1, 9}}) {
      for (const auto& [first, second] : {std::pair{0, 0}, std::pair{1, 0}, std::pair{0, -1},
                                          std::pair{-2, 2}, std::pair{3, 1}, std::pair{50, -50}}) {
        const Operand a = draw_operand(samples, rows, inner, first),
                      b = draw_operand(samples, inner, columns, second);
        std::vector<double> c;
        for (int i = 0; i < rows * columns; ++i)
          c.push_back(samples.chance(2) ? 0.0 : samples.value(fp32_format(), -3, 3));
        check<Carrier>(a, b, c, quantiser);
      }
    }
  }
}

TEST(CodedProduct, agrees_with_long_hand_arithmetic_on_float) { check_random<float>(); }
TEST(CodedProduct, agrees_with_long_hand_arithmetic_on_double) { check_random<double>(); }

TEST(CodedProduct, takes_the_scale_that_codes_have_already) {
  Samples samples(62);
  for (const int bits : {8, 16}) {
    const Quantiser quantiser{bits, (1 << (bits - 1)) - 1, Quantiser::Scale::tensor, Quantiser::Rule::amax,
                              true};
    Operand a = draw_operand(samples, 4, 5, 0), b = draw_operand(samples, 5, 3, 0);
    const double a_scale = static_cast<double>(0.013F), b_scale = static_cast<double>(0.0071F);
    for (double& x : a.elements)
      x = static_cast<double>(static_cast<float>(a_scale) * static_cast<float>(samples.integer(-100, 100)));
    for (double& x : b.elements)
      x = static_cast<double>(static_cast<float>(b_scale) * static_cast<float>(samples.integer(-100, 100)));
    check<float>(a, b, std::vector<double>(12, 0.0), quantiser, a_scale, b_scale);
  }
}

// The largest sums: every code +-qmax, k up to 256 (2^22 for int8, 2^38 for int16), exact before their one
// rounding.
TEST(CodedProduct, sums_of_codes_are_exact_up_to_k_256) {
  for (const int bits : {8, 16}) {
    for (const int inner : {1, 15, 64, 128, 255, 256}) {
      Quantiser quantiser{bits, (1 << (bits - 1)) - 1, Quantiser::Scale::tensor, Quantiser::Rule::amax,
                          false};
      const double qmax = quantiser.largest_code;
      Operand a{2, inner, 0, {}}, b{inner, 2, 0, {}};
      for (int k = 0; k < inner; ++k) a.elements.push_back(qmax);  // + + + ...
      for (int k = 0; k < inner; ++k)
        a.elements.push_back(k % 2 == 0 ? qmax : -qmax);  // cancels all but a little
      for (int k = 0; k < inner; ++k) {
        b.elements.push_back(qmax);
        b.elements.push_back(k == inner - 1 ? qmax - 1 : qmax);
      }
      check<float>(a, b, {0, 0, 0, 0}, quantiser);
      check<double>(a, b, {0, 0, 0, 0}, quantiser);
    }
  }
}

TEST(CodedProduct, random_codes_are_summed_exactly_at_k_256) {
  Samples samples(63);
  for (const Quantiser& quantiser : all_quantisers()) {
    const Operand a = draw_operand(samples, 2, 256, 0), b = draw_operand(samples, 256, 2, 0);
    check<float>(a, b, {0, 0, 0, 0}, quantiser);
  }
}

TEST(CodedProduct, zero_operands_leave_the_accumulator_as_it_is) {
  for (const Quantiser& quantiser : all_quantisers()) {
    const Operand zero{2, 2, 0, std::vector<double>(4, 0.0)}, ones{2, 2, 0, std::vector<double>(4, 1.0)};
    check<float>(zero, ones, {1.5, -2, 3, 0}, quantiser);
    check<float>(zero, zero, {1.5, -2, 3, 0}, quantiser);
  }
}

TEST(CodedProduct, nan_in_an_operand_makes_what_it_scales_nan) {
  for (const Quantiser& quantiser : all_quantisers()) {
    std::vector<float> a{1, static_cast<float>(kNaN), 0.5F, 1}, b{1, 0.25F, 0.5F, 1}, c(4, 0.0F);
    accumulate_coded_product<float>(c.data(), 2, {a.data(), 2, 2, 2, 0, 0}, {b.data(), 2, 2, 2, 0, 0},
                                    quantiser);
    EXPECT_TRUE(std::isnan(c[0]) && std::isnan(c[1]));  // row 0 holds the NaN
    const bool by_row = quantiser.scale == Quantiser::Scale::row;
    EXPECT_EQ(std::isnan(c[2]) && std::isnan(c[3]), !by_row);
  }
}

}  // namespace
}  // namespace tristab
