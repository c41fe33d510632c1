#include "tristab/metric/backward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/exact_matrix.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/residual.h"
#include "tristab/reference/inverse.h"

namespace tristab::backward_test {

using exact::Real;
using exact::RealMatrix;

InversePerturbation perturbation(const Matrix& computed, const Matrix& a, bool extended) {
  const auto extents = row_extents(computed);
  return inverse_perturbation(computed, extents, a, residual_left(computed, extents, a, extended),
                              frobenius_norm(add_identity(a)));
}

Real true_perturbation(const Matrix& computed, const Matrix& a) {
  const RealMatrix l = exact::sum(exact::identity(a.rows()), RealMatrix(a));
  return exact::frobenius(exact::sum(exact::inverse(RealMatrix(computed)), l, -1));
}

Matrix rounded_inverse(const Matrix& a, double unit) {
  Matrix x = invert_reference(a).high;
  for (double& value : x.values()) {
    int e = 0;
    std::frexp(value, &e);
    const double ulp = std::ldexp(2 * unit, e - 1);
    value = std::rint(value / ulp) * ulp;
  }
  return x;
}

TEST(BackwardExact, inverts_the_result_for_every_format_and_condition) {
  for (const double unit : {0x1p-8, 0x1p-11, 0x1p-24, 0x1p-53}) {
    for (const double scale : {0.1, 1.0, 2.5}) {
      const Matrix a = exact::random_strictly_lower(32, scale, 31);
      Matrix computed = rounded_inverse(a, unit);
      computed(3, 1) *= 1 + 2 * unit;
      const InversePerturbation found = perturbation(computed, a, unit < twofold_below);
      const double expected = static_cast<double>(true_perturbation(computed, a));
      ASSERT_EQ(found.undefined, Undefined::no) << unit << ' ' << scale;
      EXPECT_NEAR(found.whole, expected, 2e-3 * expected) << unit << ' ' << scale;
    }
  }
}

TEST(BackwardExact, double_double_takes_over_where_double_is_not_enough) {
  const Matrix a = exact::random_strictly_lower(64, 1.7, 32);  // condition about 1e13
  const Matrix computed = rounded_inverse(a, 0x1p-24);
  const InversePerturbation found = perturbation(computed, a, false);
  const double expected = static_cast<double>(true_perturbation(computed, a));
  ASSERT_EQ(found.undefined, Undefined::no);
  EXPECT_NEAR(found.whole, expected, 2e-3 * expected);
}

TEST(BackwardExact, diagonal_other_than_one_is_divided_by) {
  Matrix a(2, 2), computed(2, 2);
  a(1, 0) = 1;
  computed(0, 0) = 2, computed(1, 0) = -4, computed(1, 1) = 0.5;
  // Xh^-1 = [[0.5, 0], [4, 2]], L = [[1, 0], [1, 1]]
  const InversePerturbation found = perturbation(computed, a, false);
  EXPECT_DOUBLE_EQ(found.whole, std::sqrt(0.25 + 9 + 1));
  EXPECT_EQ(found.strict_lower, 3);
}

TEST(BackwardExact, what_cannot_be_inverted_says_why) {
  const Matrix a(3, 3);
  Matrix computed(3, 3);
  EXPECT_EQ(perturbation(computed, a, false).undefined, Undefined::zero_diagonal);
  for (int i = 0; i < 3; ++i) computed(i, i) = 1;
  computed(0, 1) = 1e-30;
  EXPECT_EQ(perturbation(computed, a, false).undefined, Undefined::above_diagonal);
  const Matrix wild = exact::random_strictly_lower(200, 5, 33);
  EXPECT_EQ(perturbation(rounded_inverse(wild, 0x1p-11), wild, false).undefined, Undefined::ill_conditioned);
}

// The condition number is 1: "too ill-conditioned" was a false reason.
TEST(BackwardExact, below_double_double_the_reason_is_its_size) {
  Matrix a(3, 3), identity(3, 3);
  for (int i = 0; i < 3; ++i) identity(i, i) = 1;
  a(2, 0) = 1e-39;
  EXPECT_EQ(perturbation(identity, a, false).undefined, Undefined::too_small);
  EXPECT_EQ(perturbation(identity, a, true).undefined, Undefined::too_small);
}

TEST(BackwardExact, is_never_below_the_columnwise_errors) {
  for (const double scale : {0.2, 1.0, 2.0}) {
    for (const double unit : {0x1p-8, 0x1p-24}) {
      const Matrix a = exact::random_strictly_lower(24, scale, 34);
      const Matrix computed = rounded_inverse(a, unit);
      const auto extents = row_extents(computed);
      const double l_norm = frobenius_norm(add_identity(a));
      const ColumnwiseBackward columnwise =
          columnwise_backward(computed, extents, residual_right(computed, extents, a, false).high,
                              residual_scale(computed, extents, a), l_norm);
      const double exact = perturbation(computed, a, false).whole / l_norm;
      EXPECT_LE(columnwise.normwise, exact);
      EXPECT_LE(columnwise.normwise_strict_lower, columnwise.normwise);
      EXPECT_LE(columnwise.componentwise_strict_lower, columnwise.componentwise);
      EXPECT_GT(columnwise.normwise, 0);
    }
  }
}

TEST(ColumnwiseBackward, zero_over_zero_is_zero_and_a_zero_column_is_infinite) {
  Matrix a(2, 2), computed(2, 2), residual(2, 2), scale(2, 2);
  a(1, 0) = 1;
  computed(1, 1) = 1;   // column 0 of Xh is zero
  residual(0, 0) = -1;  // so its residual is -e_0
  scale(1, 1) = 1;
  const ColumnwiseBackward found =
      columnwise_backward(computed, row_extents(computed), residual, scale, std::sqrt(3.0));
  EXPECT_EQ(found.normwise, std::numeric_limits<double>::infinity());
  EXPECT_EQ(found.componentwise, std::numeric_limits<double>::infinity());
  EXPECT_EQ(found.normwise_strict_lower, 0);
  EXPECT_EQ(found.componentwise_strict_lower, 0);
}

}  // namespace tristab::backward_test
