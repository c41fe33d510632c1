// The kernels of the metrics against plain loops in the order of their definitions, bit for bit at every SIMD level.
#include "tristab/metric/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "support/simd_levels.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/sum.h"
#include "tristab/metric/residual.h"

namespace tristab::kernels_test {

constexpr int sizes[] = {1, 2, 3, 5, 8, 9, 13, 16, 31, 33};

// Lower triangular, with some zeros; `junk`: entries above the diagonal too.
Matrix some_matrix(int n, unsigned seed, bool junk = false) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  Matrix m(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double value = engine() % 5 == 0 ? 0 : normal(engine);
      if (j <= i || (junk && engine() % 4 == 0)) m(i, j) = value;
    }
    if (!junk) m(i, i) = 1 + 0.125 * normal(engine);
  }
  return m;
}

template <class Body>
void for_all(const Body& body) {
  for_each_simd_level([&](const char*) {
    for (const int n : sizes) {
      SCOPED_TRACE(n);
      body(n);
    }
  });
}

TEST(MetricKernels, products_are_added_in_ascending_k) {
  for_all([](int n) {
    for (const bool junk : {false, true}) {
      for (const bool absolute : {false, true}) {
        const Matrix left = some_matrix(n, 1, junk), right = some_matrix(n, 2, junk), start = some_matrix(n, 3, true);
        Matrix found = start, expected = start;
        add_products(left, row_extents(left), right, row_extents(right), absolute, found);
        for (int i = 0; i < n; ++i) {
          for (int k = 0; k < n; ++k) {
            for (int j = 0; j < n; ++j) {
              const double product = left(i, k) * right(k, j);
              expected(i, j) += absolute ? std::fabs(product) : product;
            }
          }
        }
        EXPECT_EQ(found, expected);
      }
    }
  });
}

TEST(MetricKernels, substitution_solves_row_by_row_and_tells_overflow) {
  for_all([](int n) {
    const Matrix x = some_matrix(n, 4), r = some_matrix(n, 5);
    Matrix found = r, expected(n, n);
    EXPECT_TRUE(substitute(x, found));
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j <= i; ++j) {
        double sum = -r(i, j);
        for (int k = j; k < i; ++k) sum += -x(i, k) * expected(k, j);
        expected(i, j) = sum / x(i, i);
      }
    }
    EXPECT_EQ(found, expected);
    Matrix large = r, tiny = x;
    large(n - 1, 0) = 1e300;
    tiny(n - 1, n - 1) = 1e-300;
    EXPECT_FALSE(substitute(tiny, large));
  });
}

TEST(MetricKernels, maxima_over_entries_are_those_of_a_loop) {
  for (const UlpFormat format : {UlpFormat{11, -14}, UlpFormat{8, -126}, UlpFormat{53, -1022}, UlpFormat{0, 0}}) {
    for_all([&](int n) {
      const Matrix computed = some_matrix(n, 6, true);
      Matrix x = some_matrix(n, 7), e(n, n);
      x(0, 0) = std::ldexp(1.5, format.precision == 53 ? -1060 : -20);  // below the normal range
      if (n > 2) x(2, 1) = 0x1.8p1010;
      subtract_reference(computed, x, Matrix(n, n), e);
      EntryMaxima found, expected;
      for (int i = 0; i < n; ++i) {
        raise_maxima(e.row(i), x.row(i), computed.row(i), n, format, found);
        for (int j = 0; j < n; ++j) {
          EXPECT_EQ(e(i, j), computed(i, j) - x(i, j));
          const double size = std::fabs(e(i, j));
          expected.absolute = std::max(expected.absolute, size);
          expected.nonzero_at_zero += x(i, j) == 0 && computed(i, j) != 0;
          if (x(i, j) == 0) continue;
          expected.any_nonzero = true;
          expected.relative = std::max(expected.relative, std::fabs(e(i, j) / x(i, j)));
          const int exponent =
              std::max(std::fpclassify(x(i, j)) == FP_SUBNORMAL ? -1023 : std::ilogb(x(i, j)), format.min_exponent);
          if (format.precision > 0)
            expected.ulps = std::max(expected.ulps, std::ldexp(size, format.precision - 1 - exponent));
        }
      }
      EXPECT_EQ(found.absolute, expected.absolute);
      EXPECT_EQ(found.relative, expected.relative);
      EXPECT_EQ(found.ulps, expected.ulps);
      EXPECT_EQ(found.nonzero_at_zero, expected.nonzero_at_zero);
      EXPECT_EQ(found.any_nonzero, expected.any_nonzero);
    });
  }
}

TEST(MetricKernels, correlation_sums_are_dot_products_of_rows) {
  for_all([](int n) {
    const Matrix y = some_matrix(n, 8, true), x = some_matrix(n, 9);
    const std::vector<int> extents(static_cast<std::size_t>(n), n);
    Matrix scaled = y, centred = y;
    for (double& value : scaled.values()) value *= 0.25;
    for (double& value : centred.values()) value = value * 0.25 - 0.3;
    CorrelationSums expected, expected_centred;
    for (int i = 0; i < n; ++i) {
      const auto size = static_cast<std::size_t>(n);
      expected.product += dot(x.row(i), scaled.row(i), size);
      expected.squares += dot(scaled.row(i), scaled.row(i), size);
      expected_centred.product += dot(x.row(i), centred.row(i), size);
      expected_centred.squares += dot(centred.row(i), centred.row(i), size);
    }
    const CorrelationSums found = correlation_sums(y, 0.25, scaled(0, 0), x, extents);
    EXPECT_EQ(found.product, expected.product);
    EXPECT_EQ(found.squares, expected.squares);
    EXPECT_EQ(found.constant, n == 1);
    EXPECT_FALSE(found.equal);
    EXPECT_TRUE(correlation_sums(y, 0.25, 0, scaled, extents).equal);
    const CorrelationSums of_centred = centred_sums(y, 0.25, 0.3, x, extents);
    EXPECT_EQ(of_centred.product, expected_centred.product);
    EXPECT_EQ(of_centred.squares, expected_centred.squares);
  });
}

TEST(MetricKernels, column_sums_hold_every_row_and_tell_nan) {
  for_all([](int n) {
    const Matrix x = some_matrix(n, 10), r = some_matrix(n, 11), s = some_matrix(n, 12);
    const ColumnSums found = column_sums(x, r, s, true);
    double ratio = 0, lower_ratio = 0;
    for (int j = 0; j < n; ++j) {
      double r_squares = 0, lower_squares = 0, x_squares = 0;
      const auto at = static_cast<std::size_t>(j);
      for (int i = 0; i < n; ++i) {
        const double scaled = r(i, j) * found.r_scale[at], x_scaled = x(i, j) * found.x_scale[at];
        r_squares += scaled * scaled;
        x_squares += x_scaled * x_scaled;
        if (j < i) lower_squares += scaled * scaled;
        if (r(i, j) == 0) continue;
        const double quotient = s(i, j) == 0 ? std::numeric_limits<double>::infinity() : std::fabs(r(i, j)) / s(i, j);
        ratio = std::max(ratio, quotient);
        if (j < i) lower_ratio = std::max(lower_ratio, quotient);
      }
      EXPECT_EQ(found.r_squares[at], r_squares);
      EXPECT_EQ(found.lower_squares[at], lower_squares);
      EXPECT_EQ(found.x_squares[at], x_squares);
    }
    EXPECT_EQ(found.ratio, ratio);
    EXPECT_EQ(found.lower_ratio, lower_ratio);
    Matrix broken = r;
    broken(n - 1, n - 1) = std::nan("");
    EXPECT_TRUE(std::isnan(column_sums(x, broken, s, true).ratio));
    EXPECT_FALSE(std::isnan(column_sums(x, broken, s, true).lower_ratio));
  });
}

}  // namespace tristab::kernels_test
