#include "tristab/reference/condition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/exact_matrix.h"

namespace tristab::condition_test {

using exact::Real;
using exact::RealMatrix;

void expect_relatively_near(double found, const Real& expected, double tolerance) {
  EXPECT_NEAR(found, static_cast<double>(expected), tolerance * static_cast<double>(expected));
}

TEST(ConditionReport, two_by_two_in_closed_form) {
  const double a = 0.75;
  Matrix m(2, 2);
  m(1, 0) = a;
  const ConditionReport report = report_condition(m, invert_reference(m));
  const double root = (a + std::sqrt(a * a + 4)) / 2;  // sigma_max of [[1, 0], [a, 1]]
  EXPECT_DOUBLE_EQ(report.cond_1, (1 + a) * (1 + a));
  EXPECT_DOUBLE_EQ(report.cond_inf, (1 + a) * (1 + a));
  EXPECT_DOUBLE_EQ(report.cond_frobenius, 2 + a * a);
  EXPECT_NEAR(report.cond_2, root * root, 1e-14);
  EXPECT_DOUBLE_EQ(report.cond_skeel, 1 + 2 * a);
  EXPECT_DOUBLE_EQ(report.norm_inf, a);
  EXPECT_NEAR(report.norm_2, a, 1e-15);
  EXPECT_EQ(report.max_abs, a);
  EXPECT_EQ(report.inverse_max_abs, 1);
  EXPECT_EQ(report.power_max, std::vector<double>{a});
  EXPECT_EQ(report.inverse_decay, std::vector<double>{a});
}

TEST(ConditionReport, agrees_with_multiple_precision) {
  for (const double scale : {0.3, 2.0}) {
    const int n = 20;
    const Matrix a = exact::random_strictly_lower(n, scale, 17);
    const ConditionReport report = report_condition(a, invert_reference(a));
    const RealMatrix l = exact::sum(exact::identity(n), RealMatrix(a)), x = exact::inverse(l);
    expect_relatively_near(report.cond_1, exact::one_norm(l) * exact::one_norm(x), 1e-13);
    expect_relatively_near(report.cond_inf, exact::infinity_norm(l) * exact::infinity_norm(x), 1e-13);
    expect_relatively_near(report.cond_frobenius, exact::frobenius(l) * exact::frobenius(x), 1e-13);
    expect_relatively_near(report.cond_2, exact::spectral_norm(l) * exact::spectral_norm(x), 1e-13);
    expect_relatively_near(report.cond_skeel,
                           exact::infinity_norm(exact::product(exact::absolute(x), exact::absolute(l))), 1e-13);
    expect_relatively_near(report.norm_2, exact::spectral_norm(RealMatrix(a)), 1e-13);
    RealMatrix power(a);
    for (const double found : report.power_max) {
      Real largest = 0;
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) largest = std::max<Real>(largest, abs(power(i, j)));
      }
      expect_relatively_near(found, largest, 1e-11);
      power = exact::product(power, power);
    }
    EXPECT_EQ(report.power_max.size(), 5u);  // A, A^2, A^4, A^8, A^16
  }
}

TEST(ConditionReport, powers_of_all_ones_are_binomials) {
  Matrix a(64, 64);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 1;
  }
  const ConditionReport report = report_condition(a, invert_reference(a));
  // (A^m)_ij = C(i - j - 1, m - 1), largest at i - j = 63
  const double expected[] = {1, 62, 37820, 491796152, 93052749919920, 465428353255261088.0};
  ASSERT_EQ(report.power_max.size(), 6u);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(report.power_max[k], expected[k], 1e-13 * expected[k]);
  EXPECT_EQ(report.inverse_decay, (std::vector<double>{1, 0, 0, 0, 0, 0}));
}

TEST(ConditionReport, decay_of_a_bidiagonal_matrix_is_geometric) {
  Matrix a(10, 10);
  for (int i = 1; i < 10; ++i) a(i, i - 1) = 0.5;
  EXPECT_EQ(report_condition(a, invert_reference(a)).inverse_decay,
            (std::vector<double>{0.5, 0.25, 0.0625, 0.00390625}));
}

TEST(ConditionReport, powers_are_right_inside_double_and_infinite_beyond_it) {
  // A has one chain of entries 2^200 and is otherwise zero: A^k holds 2^(200 k). The inverse would overflow,
  // so the reference is that of another matrix; the powers do not look at it.
  const int n = 9;
  Matrix a(n, n);
  for (int i = 1; i < n; ++i) a(i, i - 1) = 0x1p200;
  const ConditionReport report = report_condition(a, invert_reference(Matrix(n, n)));
  EXPECT_EQ(report.power_max,
            (std::vector<double>{0x1p200, 0x1p400, 0x1p800, std::numeric_limits<double>::infinity()}));
}

TEST(ConditionReport, zero_matrix_and_size_one) {
  for (const int n : {1, 4}) {
    const Matrix a(n, n);
    const ConditionReport report = report_condition(a, invert_reference(a));
    EXPECT_EQ(report.cond_1, 1);
    EXPECT_NEAR(report.cond_2, 1, 1e-15);
    EXPECT_DOUBLE_EQ(report.cond_frobenius, n);
    EXPECT_EQ(report.cond_skeel, 1);
    EXPECT_EQ(report.norm_2, 0);
  }
  const Matrix one(1, 1);
  EXPECT_TRUE(report_condition(one, invert_reference(one)).power_max.empty());
}

}  // namespace tristab::condition_test
