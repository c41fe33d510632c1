#include "tristab/matrix/norms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/exact_matrix.h"

namespace tristab::norms_test {

using exact::RealMatrix;

TEST(Norms, agree_with_multiple_precision) {
  for (const int n : {1, 5, 8, 33}) {
    const Matrix m = add_identity(exact::random_strictly_lower(n, 3, 5));
    const RealMatrix e(m);
    EXPECT_NEAR(frobenius_norm(m), static_cast<double>(exact::frobenius(e)), 1e-14 * frobenius_norm(m));
    EXPECT_NEAR(one_norm(m), static_cast<double>(exact::one_norm(e)), 1e-14 * one_norm(m));
    EXPECT_NEAR(infinity_norm(m), static_cast<double>(exact::infinity_norm(e)), 1e-14 * infinity_norm(m));
  }
}

TEST(Norms, frobenius_survives_squares_out_of_range) {
  for (const double scale : {1e-310, 1e-200, 1e200, 1e307}) {
    Matrix m(2, 2);
    m(0, 0) = 3 * scale;
    m(1, 0) = 4 * scale;
    EXPECT_NEAR(frobenius_norm(m) / scale, 5, 1e-12) << scale;
  }
}

TEST(Norms, nan_is_never_dropped) {
  Matrix m(3, 3);
  m(0, 0) = std::numeric_limits<double>::quiet_NaN();
  m(2, 2) = 7;
  for (const double norm : {max_abs(m), frobenius_norm(m), one_norm(m), infinity_norm(m)})
    EXPECT_TRUE(std::isnan(norm));
}

TEST(Norms, strictly_lower_drops_the_diagonal_and_above) {
  Matrix m(3, 3);
  for (double& x : m.values()) x = 2;
  EXPECT_EQ(frobenius_norm(strictly_lower(m)), std::sqrt(12.0));
}

}  // namespace tristab::norms_test
