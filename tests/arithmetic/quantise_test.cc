// Scales and codes of the symmetric quantiser against their definition in rational arithmetic.
#include "tristab/arithmetic/quantise.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/quantise_kernels.h"

namespace tristab::quantise_test {

Quantiser quantiser_of(int bits, bool outside = false) {
  Quantiser quantiser;
  quantiser.bits = bits;
  quantiser.largest_code = (1 << (bits - 1)) - 1;
  quantiser.identity_outside = outside;
  return quantiser;
}

// The code of one value.
double code_of(double x, double scale, const Quantiser& quantiser) {
  const auto value = static_cast<float>(x);
  float code = 0;
  const CodeRange range{static_cast<double>(quantiser.smallest_code()), static_cast<double>(quantiser.largest_code)};
  encode_row(&value, 1 / scale, range, &code, 1);
  return static_cast<double>(code);
}

// fl32(x / y) by MPFR.
float quotient(double x, double y) {
  mpfr_t q;
  mpfr_init2(q, 24);
  mpfr_set_d(q, x, MPFR_RNDN);
  const mpfr_exp_t emin = mpfr_get_emin();
  mpfr_set_emin(-148);
  const int ternary = mpfr_div_d(q, q, y, MPFR_RNDN);
  mpfr_subnormalize(q, ternary, MPFR_RNDN);
  mpfr_set_emin(emin);
  const float result = mpfr_get_flt(q, MPFR_RNDN);
  mpfr_clear(q);
  return result;
}

TEST(QuantiserScale, amax_rule_is_amax_over_qmax_rounded_to_fp32) {
  Samples samples(51);
  for (const int bits : {4, 8, 16}) {
    const Quantiser quantiser = quantiser_of(bits);
    for (int i = 0; i < 3000; ++i) {
      const double largest = std::fabs(samples.value(fp32_format(), -126, 127));
      EXPECT_EQ(quantiser_scale(largest, quantiser), quotient(largest, quantiser.largest_code)) << largest;
    }
    EXPECT_EQ(quantiser_scale(quantiser.largest_code, quantiser), 1.0F);
  }
}

TEST(QuantiserScale, power_of_two_rule_is_the_least_power_that_covers_amax) {
  Samples samples(52);
  for (const int bits : {4, 8, 16}) {
    Quantiser quantiser = quantiser_of(bits);
    quantiser.rule = Quantiser::Rule::power_of_two;
    const double qmax = quantiser.largest_code;
    for (int i = 0; i < 3000; ++i) {
      const double largest = std::fabs(samples.value(fp32_format(), -120, 127));
      const double scale = quantiser_scale(largest, quantiser);
      int exponent = 0;
      EXPECT_EQ(std::frexp(scale, &exponent), 0.5);
      EXPECT_GE(scale * qmax, largest);  // exact products in double
      EXPECT_LT(scale / 2 * qmax, largest);
    }
    EXPECT_EQ(quantiser_scale(qmax * 0.25, quantiser), 0.25F);
    EXPECT_EQ(quantiser_scale(std::nextafter(static_cast<float>(qmax * 0.25), 1e9F), quantiser), 0.5F);
  }
}

TEST(QuantiserScale, of_zeros_is_one_and_of_nonfinite_tensors_nan) {
  for (const auto rule : {Quantiser::Rule::amax, Quantiser::Rule::power_of_two}) {
    Quantiser quantiser = quantiser_of(8);
    quantiser.rule = rule;
    EXPECT_EQ(quantiser_scale(0, quantiser), 1.0F);
    EXPECT_TRUE(std::isnan(quantiser_scale(kInfinity, quantiser)));
    EXPECT_TRUE(std::isnan(quantiser_scale(kNaN, quantiser)));
    EXPECT_GT(quantiser_scale(0x1p-149, quantiser), 0.0F);  // a scale of 0 would make the codes NaN
  }
}

TEST(CodeOf, ties_go_to_even) {
  const Quantiser quantiser = quantiser_of(8);
  const double cases[][2] = {{0.5, 0},   {1.5, 2},   {2.5, 2},     {3.5, 4},      {-0.5, 0},
                             {-1.5, -2}, {-2.5, -2}, {126.5, 126}, {-126.5, -126}};
  for (const auto& [x, code] : cases) {
    EXPECT_EQ(code_of(x, 1, quantiser), code) << x;
    EXPECT_EQ(code_of(x * 0.125, 0.125, quantiser), code) << x;
  }
}

TEST(CodeOf, is_the_nearest_whole_number_of_the_exact_quotient) {
  Samples samples(53);
  const Quantiser quantiser = quantiser_of(16);
  for (int i = 0; i < 20000; ++i) {
    const double scale = std::fabs(samples.value(fp32_format(), -20, 5));
    // Near the ties (k + 1/2) s, where a rounded quotient could fall on the wrong side.
    const double k = samples.integer(-32760, 32760) + (samples.chance(2) ? 0.5 : 0.0);
    const auto x = static_cast<double>(static_cast<float>(k * scale));
    const double code = code_of(x, scale, quantiser);
    EXPECT_EQ(code, std::trunc(code));
    // |x - code s| <= s / 2, all exact in 24 + 17 bits; at a tie the code is even.
    const double distance = std::fabs(x - code * scale);
    ASSERT_LE(distance, scale / 2) << x << ' ' << scale;
    EXPECT_TRUE(distance < scale / 2 || std::fmod(code, 2) == 0) << x << ' ' << scale;
  }
}

TEST(CodeOf, is_clamped_symmetrically) {
  for (const int bits : {4, 8, 16}) {
    const Quantiser quantiser = quantiser_of(bits);
    const double qmax = quantiser.largest_code;
    EXPECT_EQ(code_of(qmax, 1, quantiser), qmax);
    EXPECT_EQ(code_of(qmax + 1, 1, quantiser), qmax);
    EXPECT_EQ(code_of(-qmax - 1, 1, quantiser), -qmax);  // never -128 or -32768
    EXPECT_EQ(code_of(1e30, 1, quantiser), qmax);
    EXPECT_EQ(code_of(-kInfinity, 1, quantiser), -qmax);
    EXPECT_EQ(code_of(kNaN, 1, quantiser), 0);  // no integer is NaN
  }
}

TEST(QuantisedMagnitude, leaves_out_the_main_diagonal_only_with_the_identity_outside) {
  // 3 x 4 in rows of 6; element (i, i + 1) lies on the main diagonal.
  std::vector<float> elements(18, 1e9F);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 4; ++j) elements[static_cast<std::size_t>(i * 6 + j)] = j == i + 1 ? -50.0F : 0.5F;
  }
  elements[6] = -3.0F;
  const CodedBlock<float> block{elements.data(), 6, 3, 4, 1, 0};
  EXPECT_EQ(quantised_magnitude(block, quantiser_of(8, true)), 3.0);
  EXPECT_EQ(quantised_magnitude(block, quantiser_of(8, false)), 50.0);
  elements[8] = static_cast<float>(kNaN);  // on the diagonal: (1, 2)
  EXPECT_EQ(quantised_magnitude(block, quantiser_of(8, true)), 3.0);
  EXPECT_EQ(quantised_magnitude(block, quantiser_of(8, false)), kInfinity);
}

template <class Carrier>
void check_requantise() {
  Samples samples(54);
  MpfrOracle oracle;
  for (const int bits : {4, 8, 16}) {
    for (const bool outside : {false, true}) {
      for (const int diagonal : {-2, 0, 1, 9}) {
        const Quantiser quantiser = quantiser_of(bits, outside);
        std::vector<Carrier> elements(5 * 7);
        for (Carrier& x : elements) x = static_cast<Carrier>(samples.value(fp32_format(), -6, 3));
        const std::vector<Carrier> before = elements;
        const CodedBlock<Carrier> block{elements.data(), 7, 5, 6, diagonal, 0};
        const double scale = quantiser_scale(quantised_magnitude(block, quantiser), quantiser);
        requantise_block(block, scale, quantiser);
        for (int i = 0; i < 5; ++i) {
          for (int j = 0; j < 7; ++j) {
            const std::size_t at = static_cast<std::size_t>(i * 7 + j);
            if (j == 6 || (outside && j == i + diagonal)) {
              EXPECT_EQ(elements[at],
                        before[at]);  // the gap between rows, and the diagonal outside the quantiser
              continue;
            }
            const double code = std::nearbyint(before[at] / scale);
            EXPECT_LE(std::fabs(code), quantiser.largest_code);
            EXPECT_PRED_FORMAT2(bits_equal, elements[at],
                                oracle.multiply(scale, code, fp32_format(), Rounding::nearest_even));
            EXPECT_LE(std::fabs(elements[at] - before[at]), scale * 0.5001);
          }
        }
      }
    }
  }
}

TEST(RequantiseBlock, replaces_every_quantised_element_by_scale_times_code) {
  check_requantise<float>();
  check_requantise<double>();
}

// What is s q already stays as it is: the scale found again is the same.
TEST(RequantiseBlock, is_idempotent_where_the_largest_code_is_in_use) {
  Samples samples(55);
  for (const int bits : {4, 8, 16}) {
    Quantiser quantiser = quantiser_of(bits);
    quantiser.rule = Quantiser::Rule::power_of_two;
    std::vector<float> elements(64);
    for (float& x : elements) x = static_cast<float>(samples.value(fp32_format(), -9, 0));
    const CodedBlock<float> block{elements.data(), 8, 8, 8, 0, 0};
    requantise_block(block, quantiser_scale(quantised_magnitude(block, quantiser), quantiser), quantiser);
    const std::vector<float> once = elements;
    requantise_block(block, quantiser_scale(quantised_magnitude(block, quantiser), quantiser), quantiser);
    EXPECT_EQ(elements, once);
  }
}

TEST(RequantiseBlock, all_zeros_stay_zeros_and_nan_spreads_over_the_tensor) {
  const Quantiser quantiser = quantiser_of(8);
  std::vector<float> elements(12, 0.0F);
  const CodedBlock<float> block{elements.data(), 4, 3, 4, 0, 0};
  requantise_block(block, quantiser_scale(quantised_magnitude(block, quantiser), quantiser), quantiser);
  EXPECT_EQ(elements, std::vector<float>(12, 0.0F));
  elements[5] = static_cast<float>(kNaN);
  requantise_block(block, quantiser_scale(quantised_magnitude(block, quantiser), quantiser), quantiser);
  EXPECT_TRUE(std::all_of(elements.begin(), elements.end(), [](float x) { return std::isnan(x); }));
}

TEST(QuantiserScale, of_a_static_rule_is_the_calibrated_one_for_finite_tensors) {
  Quantiser quantiser = quantiser_of(8);
  quantiser.rule = Quantiser::Rule::static_amax;
  quantiser.static_amax = 0.3;
  for (const double largest : {0.0, 1e-20, 0.3, 7.0, 1e30})
    EXPECT_EQ(quantiser_scale(largest, quantiser), quotient(static_cast<double>(0.3F), 127)) << largest;
  EXPECT_TRUE(std::isnan(quantiser_scale(kInfinity, quantiser)));
  EXPECT_TRUE(std::isnan(quantiser_scale(kNaN, quantiser)));
}

TEST(QuantiserScale, of_the_full_range_is_that_of_the_symmetric_one) {
  Quantiser quantiser = quantiser_of(8);
  quantiser.full_range = true;
  EXPECT_EQ(quantiser_scale(254, quantiser), 2.0F);
  EXPECT_EQ(code_of(-256, 2, quantiser), -128);
  EXPECT_EQ(code_of(-300, 2, quantiser), -128);
  EXPECT_EQ(code_of(300, 2, quantiser), 127);
}

// The vector kernels multiply by the reciprocal: near every tie, exactly at it, and far beyond the codes they give
// what the quotient gives.
TEST(RequantiseBlock, codes_are_those_of_the_exact_quotient_next_to_every_tie) {
  Samples samples(56);
  for_each_simd_level([&](const char* level) {
    for (const int bits : {4, 8, 16}) {
      const Quantiser quantiser = quantiser_of(bits);
      for (int trial = 0; trial < 300; ++trial) {
        const auto scale = static_cast<float>(std::fabs(samples.value(fp32_format(), -30, 20)));
        if (scale == 0) continue;
        std::vector<float> x;
        for (int i = 0; i < 37; ++i) {
          const int code = samples.integer(-quantiser.largest_code - 2, quantiser.largest_code + 2);
          const auto tie = static_cast<float>((code + 0.5) * static_cast<double>(scale));
          const int steps = samples.integer(-2, 2);
          x.push_back(steps == 0   ? tie
                      : steps == 1 ? std::nextafter(tie, 1e30F)
                      : steps == 2 ? static_cast<float>(samples.value(fp32_format(), -40, 60))
                                   : std::nextafter(tie, -1e30F));
        }
        std::vector<float> values = x;
        std::int64_t clamped = 0;
        const CodedBlock<float> block{values.data(), 37, 1, 37, 0, 0};
        const std::int64_t counted = requantise_block(block, static_cast<double>(scale), quantiser);
        for (std::size_t i = 0; i < x.size(); ++i) {
          // The nearest whole number by comparisons of exact numbers alone.
          const double exact = static_cast<double>(x[i]), s = static_cast<double>(scale);
          double code = std::clamp(std::floor(exact / s), -1e6, 1e6);
          const double above = exact - code * s - 0.5 * s;  // exact: 24 + 21 bits
          if (above > 0 || (above == 0 && std::fmod(code, 2) != 0)) code += 1;
          clamped += std::fabs(code) > quantiser.largest_code;
          code = std::clamp<double>(code, -quantiser.largest_code, quantiser.largest_code);
          ASSERT_EQ(static_cast<double>(values[i]), static_cast<double>(static_cast<float>(code * s)))
              << level << ' ' << exact << ' ' << s;
        }
        ASSERT_EQ(counted, clamped);
      }
    }
  });
}

TEST(RequantiseRows, every_row_or_piece_of_a_row_has_its_own_scale) {
  Samples samples(57);
  for (const int length : {0, 1, 3, 8, 11, 50}) {
    for (const bool outside : {false, true}) {
      Quantiser quantiser = quantiser_of(8, outside);
      quantiser.scale = length == 0 ? Quantiser::Scale::row : Quantiser::Scale::block;
      if (length != 0) quantiser.block_size = length;
      const int rows = 4, columns = 11, piece = length == 0 ? columns : length;
      std::vector<double> elements(rows * columns);
      for (double& x : elements) x = samples.value(fp32_format(), -20, 3);
      const std::vector<double> before = elements;
      EXPECT_EQ(requantise_rows<double>({elements.data(), columns, rows, columns, 2, 0}, quantiser), 0);
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          const double x = before[static_cast<std::size_t>(i * columns + j)];
          double amax = 0;
          for (int l = j / piece * piece; l < std::min(columns, (j / piece + 1) * piece); ++l) {
            if (!outside || l != i + 2)
              amax = std::max(amax, std::fabs(before[static_cast<std::size_t>(i * columns + l)]));
          }
          const double scale = amax == 0 ? 1 : static_cast<double>(quotient(amax, 127));
          const double code = std::nearbyint(x / scale);
          const double expected = outside && j == i + 2 ? x : static_cast<double>(static_cast<float>(scale * code));
          EXPECT_EQ(elements[static_cast<std::size_t>(i * columns + j)], expected) << length << ' ' << i << ' ' << j;
        }
      }
    }
  }
}

TEST(RequantiseBlock, counts_what_a_static_scale_clamps_off_the_diagonal) {
  Quantiser quantiser = quantiser_of(8, true);
  quantiser.rule = Quantiser::Rule::static_amax;
  quantiser.static_amax = 127;  // scale 1
  std::vector<float> x{500, 127.4F, 127.6F, -127.5F, 500, -128, 3, 1e30F, 500};
  const CodedBlock<float> block{x.data(), 3, 3, 3, 0, 0};
  EXPECT_EQ(requantise_block(block, 1, quantiser), 4);  // 127.6, -127.5 (to -128), -128, 1e30
  EXPECT_EQ(x, (std::vector<float>{500, 127, 127, -127, 500, -127, 3, 127, 500}));
}

}  // namespace tristab::quantise_test
