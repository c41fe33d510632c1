// accumulate_block_scaled_product against long-hand arithmetic: operands by the oracle's lists and searches, every
// operation of the sum by MPFR.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/bits.h"
#include "support/block_scale_oracle.h"
#include "support/simd_levels.h"

namespace tristab::block_scaled_product_test {

// One element of the product, k ascending, with separate operations or fused ones.
double long_hand(double c, BlockScaleOracle& a, BlockScaleOracle& b, int i, int j, int inner, bool is_nvfp4,
                 int a_diagonal, int b_diagonal, const Accumulation& accumulation) {
  MpfrOracle oracle;
  const Format& format = accumulation.format;
  const Rounding rounding = accumulation.rounding;
  const auto multiply = [&](double x, double y) { return oracle.multiply(x, y, format, rounding); };
  const auto add = [&](double x, double y) { return oracle.add(x, y, format, rounding); };
  double sum = is_nvfp4 ? 0 : c;
  for (int k = 0; k < inner; ++k) {
    const double x = a.element(i, k), y = b.element(k, j);
    sum = accumulation.fma ? oracle.fma(x, y, sum, format, rounding) : add(sum, multiply(x, y));
  }
  if (is_nvfp4) {
    const double scale = oracle.multiply(a.tensor_scale(), b.tensor_scale(), fp32_format(), Rounding::nearest_even);
    sum = scale == 0 ? c : add(c, multiply(scale, sum));
  }
  const int k = i + a_diagonal, row = j - b_diagonal;
  const double d = k >= 0 && k < inner ? a.diagonal(i, k) : 0;
  const double e = row >= 0 && row < inner ? b.diagonal(row, j) : 0;
  if (d != 0) sum = add(sum, multiply(d, b.value(k, j)));
  if (e != 0) sum = add(sum, multiply(a.value(i, row), e));
  if (d != 0 && k == row) sum = add(sum, multiply(d, e));
  return sum;
}

template <class Carrier>
void check(const Quantiser& quantiser, const ScaledOperand& a, const ScaledOperand& b, const Accumulation& accumulation,
           Samples& samples) {
  BlockScaleOracle left(quantiser, a, Side::left), right(quantiser, b, Side::right);
  std::vector<Carrier> as(a.elements.begin(), a.elements.end()), bs(b.elements.begin(), b.elements.end());
  std::vector<Carrier> before;
  for (int i = 0; i < a.rows * b.columns; ++i)
    before.push_back(static_cast<Carrier>(samples.value(accumulation.format, -6, 0)));
  for_each_simd_level([&](const char* level) {
    std::vector<Carrier> c = before;
    const QuantiserCounts counts = accumulate_block_scaled_product<Carrier>(
        c.data(), b.columns, {as.data(), a.columns, a.rows, a.columns, a.diagonal, 0},
        {bs.data(), b.columns, b.rows, b.columns, b.diagonal, 0}, quantiser, {accumulation, true});
    for (int i = 0; i < a.rows; ++i) {
      for (int j = 0; j < b.columns; ++j) {
        const auto at = static_cast<std::size_t>(i * b.columns + j);
        const double expected =
            long_hand(static_cast<double>(before[at]), left, right, i, j, a.columns,
                      quantiser.kind == Quantiser::Kind::nvfp4, a.diagonal, b.diagonal, accumulation);
        ASSERT_EQ(static_cast<double>(c[at]), expected) << level << ' ' << i << ' ' << j << ", k = " << a.columns;
      }
    }
    EXPECT_EQ(counts.saturations, left.clamped() + right.clamped());
  });
}

std::vector<Quantiser> all_quantisers() {
  std::vector<Quantiser> quantisers;
  for (const char* element : {"e4m3", "e5m2", "e2m3", "e3m2", "e2m1", "int8"})
    quantisers.push_back(microscaling(element));
  quantisers.push_back(nvfp4());
  for (std::size_t i = 0; i < 7; ++i) {
    quantisers.push_back(quantisers[i]);
    quantisers.back().identity_outside = false;
  }
  return quantisers;
}

ScaledOperand with_large_diagonal(ScaledOperand operand, Samples& samples) {
  for (int i = 0; i < operand.rows; ++i) {
    const int j = i + operand.diagonal;
    if (j >= 0 && j < operand.columns)
      operand.elements[static_cast<std::size_t>(i * operand.columns + j)] =
          samples.chance(3) ? 1.0 : samples.value(fp32_format(), 0, 6);
  }
  return operand;
}

TEST(BlockScaledProduct, agrees_with_long_hand_arithmetic) {
  Samples samples(81);
  const Format e8m13 = format_of("e8m13", "test");
  const Accumulation sums[] = {{fp32_format(), Rounding::nearest_even, false},
                               {fp32_format(), Rounding::nearest_even, true},
                               {fp32_format(), Rounding::toward_zero, false},
                               {e8m13, Rounding::nearest_even, false},
                               {e8m13, Rounding::down, true}};
  for (const Quantiser& quantiser : all_quantisers()) {
    for (const auto& [rows, inner, columns] :
         {std::tuple{1, 1, 1}, std::tuple{3, 5, 4}, std::tuple{2, 33, 3}, std::tuple{2, 67, 19}}) {
      for (const auto& [first, second] : {std::pair{0, 0}, std::pair{1, -1}, std::pair{-1, 2}, std::pair{90, -90}}) {
        const ScaledOperand a = with_large_diagonal(draw_scaled(samples, rows, inner, first, -8, 0), samples);
        const ScaledOperand b = with_large_diagonal(draw_scaled(samples, inner, columns, second, -8, 0), samples);
        for (const Accumulation& sum : sums) check<float>(quantiser, a, b, sum, samples);
        check<double>(quantiser, a, b, sums[0], samples);
      }
    }
  }
}

TEST(BlockScaledProduct, takes_any_accumulation_model) {
  Samples samples(82);
  // e2m1 under scales near 1: every partial sum is exact in double, so the exact model has one rounding.
  const Quantiser quantiser = microscaling("e2m1");
  const ScaledOperand a = draw_scaled(samples, 3, 70, 99, 0, 3), b = draw_scaled(samples, 70, 5, 99, 0, 3);
  BlockScaleOracle left(quantiser, a, Side::left), right(quantiser, b, Side::right);
  std::vector<float> as(a.elements.begin(), a.elements.end()), bs(b.elements.begin(), b.elements.end()), c(15, 0);
  const Format format = format_of("e8m5", "test");
  const Accumulation exact{format, Rounding::nearest_even, false, AccumulationModel::exact, {}};
  accumulate_block_scaled_product<float>(c.data(), 5, {as.data(), 70, 3, 70, 99, 0}, {bs.data(), 5, 70, 5, 99, 0},
                                         quantiser, {exact, true});
  MpfrOracle oracle;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 5; ++j) {
      double sum = 0;
      for (int k = 0; k < 70; ++k) sum += left.element(i, k) * right.element(k, j);
      EXPECT_EQ(static_cast<double>(c[static_cast<std::size_t>(i * 5 + j)]),
                oracle.convert(sum, format, Rounding::nearest_even));
    }
  }
}

TEST(BlockScaledProduct, of_zeros_leaves_the_accumulator) {
  for (const Quantiser& quantiser : all_quantisers()) {
    std::vector<float> zeros(40, 0.0F), ones(40, 1.0F), c{1.5F};
    accumulate_block_scaled_product<float>(c.data(), 1, {zeros.data(), 40, 1, 40, 0, 0}, {ones.data(), 1, 40, 1, 0, 0},
                                           quantiser, {{fp32_format()}, true});
    EXPECT_EQ(c[0], 1.5F);
  }
}

TEST(BlockScaledProduct, nan_reaches_what_it_scales) {
  for (const Quantiser& quantiser : all_quantisers()) {
    std::vector<float> a(80, 0.5F), b(80, 0.25F), c(4, 0.0F);
    a[5] = std::numeric_limits<float>::infinity();  // row 0
    accumulate_block_scaled_product<float>(c.data(), 2, {a.data(), 40, 2, 40, 90, 0}, {b.data(), 2, 40, 2, 90, 0},
                                           quantiser, {{fp32_format()}, true});
    const bool whole = quantiser.kind == Quantiser::Kind::nvfp4;
    EXPECT_TRUE(std::isnan(c[0]) && std::isnan(c[1]));
    EXPECT_EQ(std::isnan(c[2]) && std::isnan(c[3]), whole);
  }
}

}  // namespace tristab::block_scaled_product_test
