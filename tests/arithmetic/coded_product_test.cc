// accumulate_coded_product against the definition in 64-bit integers and single fp32 operations by MPFR:
//   c := fl(c + fl(fl(s_A s_B) fl(Q_A Q_B))) for each block of k; then the terms of diagonal_terms.h
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/quantise.h"

namespace tristab::coded_product_test {

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
    const auto quotient = [&](double largest) {
      return static_cast<double>(
          static_cast<float>(static_cast<float>(largest) / static_cast<float>(quantiser.largest_code)));
    };
    if (quantiser.rule == Quantiser::Rule::static_amax) return quotient(quantiser.static_amax);
    if (amax == 0) return 1;
    if (quantiser.rule == Quantiser::Rule::amax) return quotient(amax);
    double power = 0x1p-149;
    while (power * quantiser.largest_code < amax) power *= 2;
    return power;
  }
};

class LongHand {
 public:
  explicit LongHand(const Quantiser& quantiser) : quantiser_(quantiser) {}

  std::int64_t overflows() const { return overflows_; }

  double element(double c, const Operand& a, const Operand& b, int i, int j, double a_scale, double b_scale) {
    const int length = quantiser_.scale == Quantiser::Scale::block ? quantiser_.block_size : a.columns;
    bool overflowed = false;
    for (int begin = 0; begin < a.columns; begin += length) {
      const int end = std::min(begin + length, a.columns);
      const double sa = scale_of(a, i, begin, true, a_scale), sb = scale_of(b, j, begin, false, b_scale);
      std::int64_t sum = 0;
      for (int k = begin; k < end; ++k) {
        sum += code(a, i, k, sa) * code(b, k, j, sb);
        overflowed |= quantiser_.accumulator_bits == 32 && (sum > INT32_MAX || sum < INT32_MIN);
      }
      if (quantiser_.accumulator_bits == 32) {
        constexpr std::int64_t kModulus = std::int64_t{1} << 32;
        sum = ((sum % kModulus) + kModulus) % kModulus;
        if (sum > INT32_MAX) sum -= kModulus;
      }
      c = add(c, multiply(multiply(sa, sb), round(static_cast<double>(sum))));  // below 2^53: one rounding
    }
    overflows_ += overflowed;
    if (!quantiser_.identity_outside) return c;
    const int k = i + a.diagonal;    // D_A's element of row i
    const int row = j - b.diagonal;  // D_B's element of column j
    const bool has_a = k >= 0 && k < a.columns, has_b = row >= 0 && row < b.rows;
    const double d = has_a ? round(a(i, k)) : 0, e = has_b ? round(b(row, j)) : 0;
    if (d != 0) {
      const double sb = scale_of(b, j, k, false, b_scale);
      c = add(c, multiply(d, multiply(sb, static_cast<double>(code(b, k, j, sb)))));
    }
    if (e != 0) {
      const double sa = scale_of(a, i, row, true, a_scale);
      c = add(c, multiply(multiply(sa, static_cast<double>(code(a, i, row, sa))), e));
    }
    if (has_a && has_b && k == row && d != 0) c = add(c, multiply(d, e));
    return c;
  }

  // How many elements of an operand lie beyond the codes.
  std::int64_t clamped(const Operand& x, bool left, double given) const {
    std::int64_t count = 0;
    for (int i = 0; i < x.rows; ++i) {
      for (int j = 0; j < x.columns; ++j) {
        if (outside(x, i, j)) continue;
        const double scale = left ? scale_of(x, i, j, true, given) : scale_of(x, j, i, false, given);
        const double q = std::nearbyint(x(i, j) / scale);
        const int lowest = -quantiser_.largest_code - (quantiser_.full_range ? 1 : 0);
        count += q > quantiser_.largest_code || q < lowest;
      }
    }
    return count;
  }

 private:
  double round(double x) { return oracle_.convert(x, fp32_format(), Rounding::nearest_even); }
  double add(double x, double y) { return oracle_.add(x, y, fp32_format(), Rounding::nearest_even); }
  double multiply(double x, double y) { return oracle_.multiply(x, y, fp32_format(), Rounding::nearest_even); }

  bool outside(const Operand& x, int i, int j) const { return quantiser_.identity_outside && x.on_diagonal(i, j); }

  // Of row (left) or column `line`, at element k of it.
  double scale_of(const Operand& x, int line, int k, bool left, double given) const {
    if (given != 0) return given;
    const bool by_line = quantiser_.scale != Quantiser::Scale::tensor;
    const bool by_block = quantiser_.scale == Quantiser::Scale::block;
    Group group;
    for (int i = 0; i < x.rows; ++i) {
      for (int j = 0; j < x.columns; ++j) {
        if (by_line && (left ? i : j) != line) continue;
        if (by_block && (left ? j : i) / quantiser_.block_size != k / quantiser_.block_size) continue;
        if (!outside(x, i, j)) group.see(x(i, j));
      }
    }
    return group.scale(quantiser_);
  }

  std::int64_t code(const Operand& x, int i, int j, double scale) const {
    if (outside(x, i, j)) return 0;
    const double limit = quantiser_.largest_code;
    const double q = std::nearbyint(x(i, j) / scale);
    return static_cast<std::int64_t>(std::clamp(q, quantiser_.full_range ? -limit - 1 : -limit, limit));
  }

  Quantiser quantiser_;
  MpfrOracle oracle_;
  std::int64_t overflows_ = 0;
};

template <class Carrier>
void check(const Operand& a, const Operand& b, const std::vector<double>& c, const Quantiser& quantiser,
           double a_scale = 0, double b_scale = 0) {
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
    LongHand truth(quantiser);
    const QuantiserCounts counts = accumulate_coded_product<Carrier>(
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
    EXPECT_EQ(counts.saturations, truth.clamped(a, true, a_scale) + truth.clamped(b, false, b_scale));
    EXPECT_EQ(counts.overflows_live, truth.overflows());
    EXPECT_EQ(counts.overflows_dead, 0);
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

Quantiser quantiser_of(int bits, Quantiser::Scale scale = Quantiser::Scale::tensor,
                       Quantiser::Rule rule = Quantiser::Rule::amax, bool outside = true) {
  Quantiser quantiser;
  quantiser.bits = bits;
  quantiser.largest_code = (1 << (bits - 1)) - 1;
  quantiser.scale = scale;
  quantiser.rule = rule;
  quantiser.identity_outside = outside;
  quantiser.accumulator_bits = bits == 16 ? 64 : 32;
  quantiser.block_size = 3;
  return quantiser;
}

std::vector<Quantiser> all_quantisers() {
  std::vector<Quantiser> quantisers;
  for (const int bits : {4, 8, 16}) {
    for (const auto scale : {Quantiser::Scale::tensor, Quantiser::Scale::row, Quantiser::Scale::block}) {
      for (const auto rule : {Quantiser::Rule::amax, Quantiser::Rule::power_of_two, Quantiser::Rule::static_amax}) {
        for (const bool outside : {false, true}) {
          quantisers.push_back(quantiser_of(bits, scale, rule, outside));
          quantisers.back().static_amax = 0.4;  // below most operands' largest: much saturates
          if (rule != Quantiser::Rule::static_amax) continue;
          quantisers.push_back(quantisers.back());
          quantisers.back().full_range = true;
        }
      }
    }
  }
  return quantisers;
}

template <class Carrier>
void check_random() {
  Samples samples(61);
  for (const Quantiser& quantiser : all_quantisers()) {
    for (const auto& [rows, inner, columns] :
         {std::tuple{1, 1, 1}, std::tuple{1, 5, 3}, std::tuple{4, 4, 4}, std::tuple{3, 7, 2}, std::tuple{6, 1, 9}}) {
      for (const auto& [first, second] : {std::pair{0, 0}, std::pair{1, 0}, std::pair{0, -1}, std::pair{-2, 2},
                                          std::pair{3, 1}, std::pair{50, -50}}) {
        const Operand a = draw_operand(samples, rows, inner, first), b = draw_operand(samples, inner, columns, second);
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
    const Quantiser quantiser = quantiser_of(bits);
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
      const Quantiser quantiser = quantiser_of(bits, Quantiser::Scale::tensor, Quantiser::Rule::amax, false);
      const double qmax = quantiser.largest_code;
      Operand a{2, inner, 0, {}}, b{inner, 2, 0, {}};
      for (int k = 0; k < inner; ++k) a.elements.push_back(qmax);                       // + + + ...
      for (int k = 0; k < inner; ++k) a.elements.push_back(k % 2 == 0 ? qmax : -qmax);  // cancels all but a little
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
  const Operand zero{2, 2, 0, std::vector<double>(4, 0.0)}, ones{2, 2, 0, std::vector<double>(4, 1.0)};
  for (const Quantiser& quantiser : all_quantisers()) {
    check<float>(zero, ones, {1.5, -2, 3, 0}, quantiser);
    check<float>(zero, zero, {1.5, -2, 3, 0}, quantiser);
  }
}

TEST(CodedProduct, nan_in_an_operand_makes_what_it_scales_nan) {
  for (const Quantiser& quantiser : all_quantisers()) {
    std::vector<float> a{1, static_cast<float>(kNaN), 0.5F, 1}, b{1, 0.25F, 0.5F, 1}, c(4, 0.0F);
    accumulate_coded_product<float>(c.data(), 2, {a.data(), 2, 2, 2, 0, 0}, {b.data(), 2, 2, 2, 0, 0}, quantiser);
    EXPECT_TRUE(std::isnan(c[0]) && std::isnan(c[1]));  // row 0 holds the NaN
    const bool by_row = quantiser.scale != Quantiser::Scale::tensor;
    EXPECT_EQ(std::isnan(c[2]) && std::isnan(c[3]), !by_row);
  }
}

// What the hardware does: sums modulo 2^32. 2^31 is reached by 32767^2 at k = 3 and by 127^2 at k = 133145.
TEST(CodedProduct, int32_sums_wrap_around_and_are_counted) {
  const auto with_ones = [](int bits, int inner, bool full, double value) {
    Quantiser quantiser = quantiser_of(bits, Quantiser::Scale::tensor, Quantiser::Rule::static_amax, false);
    quantiser.static_amax = quantiser.largest_code;  // scale 1
    quantiser.accumulator_bits = 32;
    quantiser.full_range = full;
    std::vector<float> ones(static_cast<std::size_t>(inner), static_cast<float>(value));
    float sum = 0;
    const CodedBlock<float> a{ones.data(), inner, 1, inner, 0, 0};
    const CodedBlock<float> b{ones.data(), 1, inner, 1, 0, 0};
    const QuantiserCounts counts = accumulate_coded_product(&sum, 1, a, b, quantiser);
    return std::pair{sum, counts.overflows_live};
  };
  const auto wrapped = [](std::int64_t sum) { return static_cast<float>(static_cast<std::int32_t>(sum)); };
  EXPECT_EQ(with_ones(16, 2, false, 32767), (std::pair{wrapped(2LL * 32767 * 32767), std::int64_t{0}}));
  EXPECT_EQ(with_ones(16, 3, false, 32767), (std::pair{wrapped(3LL * 32767 * 32767), std::int64_t{1}}));
  EXPECT_EQ(with_ones(16, 2, true, -32768), (std::pair{-0x1p31F, std::int64_t{1}}));
  EXPECT_EQ(with_ones(8, 133144, false, 127), (std::pair{wrapped(133144LL * 127 * 127), std::int64_t{0}}));
  EXPECT_EQ(with_ones(8, 133145, false, 127), (std::pair{wrapped(133145LL * 127 * 127), std::int64_t{1}}));
  EXPECT_EQ(with_ones(8, 131071, true, -128), (std::pair{wrapped(131071LL * 128 * 128), std::int64_t{0}}));
  EXPECT_EQ(with_ones(8, 131072, true, -128), (std::pair{-0x1p31F, std::int64_t{1}}));
}

TEST(CodedProduct, int32_sums_of_16_bit_codes_agree_with_long_hand_arithmetic) {
  Samples samples(64);
  for (Quantiser quantiser : all_quantisers()) {
    if (quantiser.bits != 16) continue;
    quantiser.accumulator_bits = 32;
    quantiser.block_size = 5;
    Operand a = draw_operand(samples, 3, 12, 0), b = draw_operand(samples, 12, 4, 1);
    for (double& x : a.elements) x = samples.chance(2) ? 0.5 : x;  // large sums in both directions
    for (double& x : b.elements) x = samples.chance(2) ? -0.5 : x;
    check<float>(a, b, std::vector<double>(12, 1.0), quantiser);
    check<double>(a, b, std::vector<double>(12, 1.0), quantiser);
  }
}

// A partial sum that comes back into the range is right modulo 2^32, and counted all the same.
TEST(CodedProduct, overflow_of_a_partial_sum_is_counted_once_an_element) {
  Quantiser quantiser = quantiser_of(16, Quantiser::Scale::tensor, Quantiser::Rule::amax, false);
  quantiser.accumulator_bits = 32;
  std::vector<float> a{32767, 32767, 32767, 32767}, b{32767, 32767, 32767, -32767}, c(1, 0.0F);
  const QuantiserCounts counts =
      accumulate_coded_product<float>(c.data(), 1, {a.data(), 4, 1, 4, 0, 0}, {b.data(), 1, 4, 1, 0, 0}, quantiser);
  EXPECT_EQ(c[0], static_cast<float>(2LL * 32767 * 32767));
  EXPECT_EQ(counts.overflows_live, 1);
}

TEST(CodedProduct, overflows_outside_the_live_blocks_are_counted_apart) {
  Quantiser quantiser = quantiser_of(16, Quantiser::Scale::tensor, Quantiser::Rule::amax, false);
  quantiser.accumulator_bits = 32;
  std::vector<float> ones(36, 1.0F), c(36, 0.0F);
  const CodedBlock<float> block{ones.data(), 6, 6, 6, 0, 0};
  const QuantiserCounts counts = accumulate_coded_product(c.data(), 6, block, block, quantiser, 2);
  EXPECT_EQ(counts.overflows_live, 12);  // three blocks of 2 x 2
  EXPECT_EQ(counts.overflows_dead, 24);
}

// Every pair of int4 codes, by a product of a column and a row of all of them: q_a q_b exactly.
TEST(CodedProduct, all_pairs_of_int4_codes) {
  for (const bool full : {false, true}) {
    Quantiser quantiser = quantiser_of(4, Quantiser::Scale::tensor, Quantiser::Rule::static_amax, false);
    quantiser.static_amax = 7;
    quantiser.full_range = full;
    std::vector<float> codes;
    for (int q = -9; q <= 9; ++q) codes.push_back(static_cast<float>(q));
    const int n = static_cast<int>(codes.size());
    std::vector<float> c(codes.size() * codes.size(), 0.0F);
    const QuantiserCounts counts = accumulate_coded_product<float>(c.data(), n, {codes.data(), 1, n, 1, 0, 0},
                                                                   {codes.data(), n, 1, n, 0, 0}, quantiser);
    const auto clamped = [&](int q) { return std::clamp(q, full ? -8 : -7, 7); };
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j)
        EXPECT_EQ(c[static_cast<std::size_t>(i * n + j)], static_cast<float>(clamped(i - 9) * clamped(j - 9)));
    }
    EXPECT_EQ(counts.saturations, full ? 6 : 8);  // 8 and 9, -9, and -8 unless it is a code
  }
}

// A block is not touched by what lies in another: one tiny and one huge block, k no multiple of the size.
TEST(CodedProduct, blocks_have_scales_of_their_own) {
  Quantiser quantiser = quantiser_of(8, Quantiser::Scale::block, Quantiser::Rule::amax, false);
  quantiser.block_size = 2;
  std::vector<float> b{127, 5, 127, 2, 127};
  const auto product = [&](std::vector<float> a) {
    float c = 0;
    accumulate_coded_product<float>(&c, 1, {a.data(), 5, 1, 5, 0, 0}, {b.data(), 1, 5, 1, 0, 0}, quantiser);
    return c;
  };
  EXPECT_FLOAT_EQ(product({127e-20F, 1e-20F, 127, 3, 127e20F}), 127e20F * 127);
  EXPECT_FLOAT_EQ(product({127e-20F, 1e-20F, 127, 3, 0}), 127 * 127 + 6);
  EXPECT_FLOAT_EQ(product({127e-20F, 1e-20F, 0, 0, 0}), (127 * 127 + 5) * 1e-20F);
}

}  // namespace tristab::coded_product_test
