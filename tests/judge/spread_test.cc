#include "tristab/judge/spread.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tristab/judge/bits.h"
#include "tristab/layer/layer_truth.h"

namespace tristab::spread_test {
namespace {

constexpr int kSize = 32;

// Unit lower triangular, of numbers between 1/2 and 1: with one ulp in fp32 of 2^-24.
Matrix right() {
  Matrix x(kSize, kSize);
  for (int i = 0; i < kSize; ++i) {
    x(i, i) = 1;
    for (int j = 0; j < i; ++j) x(i, j) = 0.5 + 0.0078125 * ((5 * i + 3 * j) % 32);
  }
  return x;
}

// The right matrix with `step` added to each element below the diagonal, in turn up and down.
Matrix variant(double step) {
  Matrix x = right();
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < i; ++j) x(i, j) += (i + j) % 2 == 0 ? step : -step;
  }
  return x;
}

struct Judged {
  PieceSpread piece;
  double pooled = 0;
  std::string place;
  double ratio() const { return std::fmax(piece.ratio, pooled); }
};

Judged judged(const Matrix& found, const std::vector<Matrix>& variants, const Matrix& floor = {}) {
  SpreadTest test(OutputPart::inverse);
  Judged result{test.add(found, right(), variants, fp32_format(), floor), 0, {}};
  result.pooled = test.pooled_ratio();
  result.place = test.pooled_place();
  return result;
}

TEST(Spread, the_recipe_and_its_variants_are_inside) {
  const std::vector<Matrix> variants{variant(1e-5), variant(-2e-5)};
  EXPECT_EQ(judged(right(), variants).ratio(), 0);
  for (const Matrix& each : variants) EXPECT_LT(judged(each, variants).ratio(), 0.4);
  EXPECT_LT(judged(variant(5e-5), variants).ratio(), 1);
}

TEST(Spread, an_element_beyond_three_times_its_tile_is_outside) {
  Matrix found = right();
  found(20, 3) += 7e-5;
  const Judged inside = judged(found, {variant(2.4e-5)}), outside = judged(found, {variant(2.2e-5)});
  EXPECT_LT(inside.piece.ratio, 1);
  EXPECT_GT(outside.piece.ratio, 1);
  EXPECT_EQ(outside.piece.wrong_elements, 1);
  EXPECT_TRUE(outside.piece.wrong[20 * kSize + 3]);
  EXPECT_EQ(outside.piece.row, 20);
  EXPECT_EQ(outside.piece.column, 3);
}

TEST(Spread, a_wide_tile_does_not_excuse_another_one) {
  Matrix loose = right();
  loose(5, 2) += 0.25;  // tile (1,1)
  Matrix found = right();
  found(20, 3) += 0.01;  // tile (2,1)
  EXPECT_GT(judged(found, {loose}).piece.ratio, 1);
}

TEST(Spread, one_flipped_rounding_is_inside_where_nothing_varies) {
  Matrix found = right();
  found(9, 4) += 0x1p-24;
  EXPECT_LE(judged(found, {right()}).ratio(), 1);
  found(9, 4) += 0x1p-22;
  EXPECT_GT(judged(found, {right()}).ratio(), 1);
}

TEST(Spread, nothing_may_stand_above_a_diagonal_that_all_agree_on) {
  Matrix found = right();
  found(3, 4) = 1e-30;
  EXPECT_GT(judged(found, {variant(1e-3)}).ratio(), 1);
  found = right();
  found(3, 3) = 1 + 0x1p-23;
  EXPECT_GT(judged(found, {variant(1e-3)}).ratio(), 1);
}

TEST(Spread, many_small_differences_are_outside_by_their_sum) {
  // Each element is inside, as one variant has one loose element in each tile; all together are not.
  Matrix loose = right();
  for (int i = 0; i < kSize; i += 16) {
    for (int j = 0; j <= i; j += 16) loose(i + 8, j + 2) += 1e-4;
  }
  const Judged result = judged(variant(5e-5), {loose});
  EXPECT_LT(result.piece.ratio, 1);
  EXPECT_EQ(result.piece.wrong_elements, 0);
  EXPECT_GT(result.pooled, 1);
  EXPECT_FALSE(result.place.empty());
}

TEST(Spread, sums_over_matrices_see_what_one_matrix_does_not) {
  SpreadTest test(OutputPart::inverse);
  Matrix found = right();
  for (int j = 0; j < 4; ++j) found(31, j) += 0x1p-24;  // flips that alone may be chance
  for (int k = 0; k < 64; ++k) {
    const PieceSpread piece = test.add(found, right(), {right()}, fp32_format(), {});
    EXPECT_LE(piece.ratio, 1);
  }
  EXPECT_GT(test.pooled_ratio(), 1);
  EXPECT_NE(test.pooled_place().find("over all matrices"), std::string::npos);
}

TEST(Spread, nan_is_outside_where_the_recipe_has_numbers) {
  Matrix found = right();
  found(8, 1) = std::numeric_limits<double>::quiet_NaN();
  const Judged result = judged(found, {variant(0.1)});
  EXPECT_TRUE(std::isinf(result.piece.ratio));
  EXPECT_EQ(result.piece.wrong_elements, 1);
}

TEST(Spread, anything_may_stand_where_a_variant_overflows) {
  Matrix overflowing = right(), found = right();
  overflowing(25, 2) = std::numeric_limits<double>::infinity();
  found(24, 1) = 1e30;
  const Judged result = judged(found, {overflowing});
  EXPECT_EQ(result.piece.ratio, 0);
  EXPECT_FALSE(result.piece.finite);
  found(9, 1) = 1e30;  // in another tile
  EXPECT_GT(judged(found, {overflowing}).piece.ratio, 1);
}

TEST(Spread, a_floor_makes_room) {
  Matrix found = right(), floor(kSize, kSize);
  found(20, 3) += 1e-4;
  floor(20, 3) = 1.1e-4;
  EXPECT_GT(judged(found, {right()}).ratio(), 1);
  EXPECT_LT(judged(found, {right()}, floor).piece.ratio, 1);
}

TEST(Spread, flushed_subnormals_are_inside) {
  Matrix found = right(), recipe = right();
  recipe(31, 0) = 3e-39;
  found(31, 0) = 0;
  SpreadTest test(OutputPart::inverse);
  EXPECT_LE(test.add(found, recipe, {recipe}, fp32_format(), {}).ratio, 1);
  EXPECT_LE(test.pooled_ratio(), 1);
}

TEST(Spread, other_parts_have_no_diagonal) {
  SpreadTest test(OutputPart::o);
  Matrix found = right();
  found(3, 3) += 0x1p-24;
  found(3, 9) += 1e-5;
  Matrix loose = right();
  loose(2, 9) += 1e-5;
  EXPECT_LE(test.add(found, right(), {loose}, fp32_format(), {}).ratio, 1);
}

TEST(Spread, the_floor_covers_another_order_of_sums) {
  Matrix a(kSize, kSize), x(kSize, kSize), up(kSize, kSize), down(kSize, kSize);
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 0.3 + 0.01 * ((7 * i + 11 * j) % 13);
  }
  for (int i = 0; i < kSize; ++i) {
    x(i, i) = up(i, i) = down(i, i) = 1;
    for (int j = 0; j < i; ++j) {
      float ascending = 0, descending = 0;
      for (int k = j; k < i; ++k) {
        x(i, j) -= a(i, k) * x(k, j);
        ascending += static_cast<float>(a(i, k)) * static_cast<float>(up(k, j));
      }
      for (int k = i - 1; k >= j; --k) descending += static_cast<float>(a(i, k)) * static_cast<float>(down(k, j));
      up(i, j) = -ascending;
      down(i, j) = -descending;
    }
  }
  const Matrix floor = reordering_floor(a, x, 0x1p-24);
  bool differs = false;
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < i; ++j) {
      EXPECT_LE(std::fabs(up(i, j) - down(i, j)), 2 * floor(i, j)) << i << " " << j;
      differs = differs || up(i, j) != down(i, j);
    }
  }
  EXPECT_TRUE(differs);
}

// A formed in float, channels summed forwards or backwards, P = G - g where the left factor reads before the decay.
Matrix formed_in_float(const GatedFactors& factors, bool backwards) {
  const int n = factors.left.rows(), dim = factors.left.columns(), width = factors.log_decay.columns();
  const auto at = [dim](int i, int d) { return static_cast<std::size_t>(i * dim + d); };
  std::vector<float> left(static_cast<std::size_t>(n * dim)), right(left.size());
  for (int d = 0; d < dim; ++d) {
    float sum = 0;
    for (int i = 0; i < n; ++i) {
      const float g = width > 0 ? static_cast<float>(factors.log_decay(i, width > 1 ? d : 0)) : 0;
      sum += g;
      right[at(i, d)] = sum;
      left[at(i, d)] = factors.left_before_decay ? sum - g : sum;
    }
  }
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      float sum = 0;
      for (int each = 0; each < dim; ++each) {
        const int d = backwards ? dim - 1 - each : each;
        const float decay = std::exp(left[at(i, d)] - right[at(j, d)]);
        sum += static_cast<float>(factors.left(i, d)) * static_cast<float>(factors.right(j, d)) * decay;
      }
      a(i, j) = factors.scale.empty() ? sum : sum * static_cast<float>(factors.scale[static_cast<std::size_t>(i)]);
    }
  }
  return a;
}

// Keys that cancel; gates whose sums round, and at one token are much larger than before it.
GatedFactors made_factors(int dim, int width, bool before, bool scaled) {
  GatedFactors factors{Matrix(kSize, dim), Matrix(kSize, dim), {}, Matrix(kSize, width), before};
  for (int i = 0; i < kSize; ++i) {
    for (int d = 0; d < dim; ++d) {
      factors.left(i, d) = static_cast<float>((((i * 37 + d * 101 + i * d * 13) % 41) - 20) / 131.0);
      factors.right(i, d) = static_cast<float>((((i * 29 + d * 83 + i * d * 7) % 37) - 18) / 119.0);
    }
    for (int d = 0; d < width; ++d)
      factors.log_decay(i, d) = static_cast<float>(i == 9 ? -90.7 - d / 64.0 : -0.3 * ((i * 5 + d * 3) % 7));
    if (scaled) factors.scale.push_back(0.5 + 0x1p-6 * (i % 32));
  }
  return factors;
}

TEST(Spread, the_floor_covers_an_a_that_was_formed_in_float) {
  constexpr int kDim = 64;
  constexpr double kFlushed = 0x1p-120;  // below fp32's normal numbers
  double most_of_all = 0;
  for (const int width : {0, 1, kDim}) {
    for (const bool before : {false, true}) {
      const GatedFactors factors = made_factors(kDim, width, before, !before);
      const Matrix a = gated_product(factors, Triangle::strictly_lower), errors = forming_errors(factors);
      const Matrix x = inverse_by_substitution(a), change = change_of_inverse(x, errors);
      const std::string what = fmt::format("gates {} wide{}", width, before ? ", read before the decay" : "");
      for (const bool backwards : {false, true}) {
        const Matrix formed = formed_in_float(factors, backwards), y = inverse_by_substitution(formed);
        double most = 0;
        for (int i = 0; i < kSize; ++i) {
          for (int j = 0; j < i; ++j) {
            EXPECT_LE(std::fabs(formed(i, j) - a(i, j)), 0x1p-22 * errors(i, j) + kFlushed) << what << ": " << i << j;
            most = std::fmax(most, std::fabs(y(i, j) - x(i, j)) / (0x1p-24 * change(i, j) + kFlushed));
          }
        }
        EXPECT_LE(most, 4) << what;
        EXPECT_GE(most, 0.2) << what << ": the room is many times what is needed";
        most_of_all = std::fmax(most_of_all, most);
      }
    }
  }
  EXPECT_GT(most_of_all, 1);
}

}  // namespace
}  // namespace tristab::spread_test
