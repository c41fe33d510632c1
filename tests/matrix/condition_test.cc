#include "tristab/matrix/condition.h"

#include <gtest/gtest.h>

#include <Eigen/SVD>
#include <cmath>
#include <numbers>

#include "test_support.h"

namespace tristab::condition_test {

using testing_support::matrix_of;

// det(I + A) = 1, so for n = 2 cond = sigma_max^2, and sigma_max - 1 / sigma_max = |a|.
TEST(Condition2, closed_form_for_two_by_two) {
  for (const double a : {0.0, 1e-9, 0.3, -1.0, 7.5, 1e4}) {
    Matrix matrix(2, 2);
    matrix(1, 0) = a;
    const double sigma = (std::fabs(a) + std::sqrt(a * a + 4)) / 2;
    EXPECT_NEAR(condition_number_2(matrix) / (sigma * sigma), 1.0, 1e-12) << a;
  }
}

// The inverse of the all-ones triangle is bidiagonal with singular values 2 sin((2k - 1) pi / (4n + 2)), k =
// 1 .. n.
TEST(Condition2, closed_form_for_ones) {
  for (const int n : {1, 2, 3, 16, 64, 256}) {
    const double unit = std::numbers::pi / (4 * n + 2);
    const double exact = std::sin((2 * n - 1) * unit) / std::sin(unit);
    EXPECT_NEAR(condition_number_2(matrix_of("ones", n)) / exact, 1.0, 1e-12) << n;
  }
}

TEST(Condition2, agrees_with_a_jacobi_svd) {
  for (const char* family : {"uniform", "uniform-signed", "delta-net", "gdn"}) {
    for (const int n : {5, 33, 64}) {
      const Matrix a = matrix_of(family, n);
      Eigen::MatrixXd full = Eigen::MatrixXd::Identity(n, n);
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < i; ++j) full(i, j) = a(i, j);
      }
      const Eigen::VectorXd sigma = Eigen::JacobiSVD<Eigen::MatrixXd>(full).singularValues();
      const double exact = sigma(0) / sigma(n - 1);
      EXPECT_NEAR(condition_number_2(a) / exact, 1.0, 1e-11 + 1e-15 * exact) << family << " " << n;
    }
  }
}

TEST(Condition2, entries_on_and_above_the_diagonal_are_not_read) {
  Matrix a = matrix_of("uniform", 16);
  const double clean = condition_number_2(a);
  for (int i = 0; i < 16; ++i) {
    for (int j = i; j < 16; ++j) a(i, j) = 1e30;
  }
  EXPECT_EQ(condition_number_2(a), clean);
}

}  // namespace tristab::condition_test
