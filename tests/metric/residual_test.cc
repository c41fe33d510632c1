#include "tristab/metric/residual.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/exact_matrix.h"

namespace tristab::residual_test {

using exact::Real;
using exact::RealMatrix;

// A lower triangular Xh, optionally with entries above the diagonal.
Matrix some_result(int n, bool junk) {
  Matrix x = exact::random_strictly_lower(n, 2, 12);
  for (int i = 0; i < n; ++i) x(i, i) = 1 + 0.01 * i;
  if (junk) x(1, n - 1) = 0.3, x(0, 2) = -5;
  return x;
}

void expect_residual(const ExtendedMatrix& found, const RealMatrix& expected, const RealMatrix& scale,
                     double roundoff) {
  const int n = expected.size();
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const Real value = Real(found.high(i, j)) + (found.extended() ? found.low(i, j) : 0.0);
      EXPECT_TRUE(abs(value - expected(i, j)) <= scale(i, j) * (n * roundoff)) << i << ' ' << j;
    }
  }
}

TEST(Residual, both_sides_in_both_precisions_agree_with_multiple_precision) {
  const int n = 14;
  for (const bool junk : {false, true}) {
    const Matrix a = exact::random_strictly_lower(n, 1.5, 13, 0.2), x = some_result(n, junk);
    const auto extents = row_extents(x);
    const RealMatrix eye = exact::identity(n), l = exact::sum(eye, RealMatrix(a)), xh(x);
    const RealMatrix left = exact::sum(exact::product(xh, l), eye, -1);
    const RealMatrix right = exact::sum(exact::product(l, xh), eye, -1);
    const RealMatrix left_scale = exact::sum(exact::product(exact::absolute(xh), exact::absolute(l)), eye);
    const RealMatrix right_scale = exact::product(exact::absolute(l), exact::absolute(xh));
    expect_residual(residual_left(x, extents, a, false), left, left_scale, 0x1p-53);
    expect_residual(residual_left(x, extents, a, true), left, left_scale, n * 0x1p-105);
    expect_residual(residual_right(x, extents, a, false), right, exact::sum(right_scale, eye), 0x1p-53);
    expect_residual(residual_right(x, extents, a, true), right, exact::sum(right_scale, eye), n * 0x1p-105);
    const Matrix scale = residual_scale(x, extents, a);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        EXPECT_NEAR(scale(i, j), static_cast<double>(right_scale(i, j)), 1e-14 * scale(i, j));
      }
    }
  }
}

TEST(Residual, row_extents_end_at_the_last_nonzero) {
  Matrix m(3, 3);
  m(0, 2) = 1;
  m(2, 0) = 1;
  EXPECT_EQ(row_extents(m), (std::vector<int>{3, 0, 1}));
}

TEST(Residual, plain_double_cannot_see_what_twofold_sees) {
  // Xh_20 = fl(0.1 * 0.3): the residual is the rounding error of one product, which a double product repeats.
  Matrix a(3, 3), x(3, 3);
  a(2, 1) = 0.1;
  a(1, 0) = 0.3;
  for (int i = 0; i < 3; ++i) x(i, i) = 1;
  x(1, 0) = -0.3;
  x(2, 1) = -0.1;
  x(2, 0) = 0.1 * 0.3;
  const auto twofold = residual_left(x, row_extents(x), a, true);
  const Real expected = Real(0.1 * 0.3) - Real(0.1) * Real(0.3);
  EXPECT_EQ(twofold.high(2, 0), static_cast<double>(expected));
  EXPECT_NE(twofold.high(2, 0), 0);
  EXPECT_EQ(residual_left(x, row_extents(x), a, false).high(2, 0), 0);
}

}  // namespace tristab::residual_test
