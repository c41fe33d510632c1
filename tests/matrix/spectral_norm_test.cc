#include "tristab/matrix/spectral_norm.h"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <Eigen/SVD>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support/exact_matrix.h"
#include "support/simd_levels.h"

namespace tristab::spectral_norm_test {

Matrix from_eigen(const Eigen::MatrixXd& m) {
  Matrix result(static_cast<int>(m.rows()), static_cast<int>(m.cols()));
  for (int i = 0; i < result.rows(); ++i) {
    for (int j = 0; j < result.columns(); ++j) result(i, j) = m(i, j);
  }
  return result;
}

Eigen::MatrixXd normal_matrix(int rows, int columns, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

Eigen::MatrixXd orthogonal_matrix(int n, unsigned seed) {
  return Eigen::HouseholderQR<Eigen::MatrixXd>(normal_matrix(n, n, seed)).householderQ();
}

TEST(SpectralNorm, agrees_with_a_jacobi_svd_on_random_matrices) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    const int n = 1 + static_cast<int>(seed);
    Eigen::MatrixXd m = normal_matrix(n, n, seed);
    if (seed % 2 == 1) m = m.triangularView<Eigen::StrictlyLower>();
    const double expected = Eigen::JacobiSVD<Eigen::MatrixXd>(m).singularValues()(0);
    EXPECT_NEAR(spectral_norm(from_eigen(m)), expected, 1e-12 * expected) << n;
  }
}

TEST(SpectralNorm, every_simd_level_gives_the_same_bits) {
  for (int n = 1; n <= 40; ++n) {
    Eigen::MatrixXd dense = normal_matrix(n, n, static_cast<unsigned>(n));
    if (n % 3 == 0) dense = dense.triangularView<Eigen::StrictlyLower>();
    const Matrix m = from_eigen(dense), tall = from_eigen(normal_matrix(n + 5, n, 3));
    const double expected = spectral_norm(m), expected_tall = spectral_norm(tall);
    for_each_simd_level([&](const char*) {
      EXPECT_EQ(spectral_norm(m), expected) << n;
      EXPECT_EQ(spectral_norm(tall), expected_tall) << n;
    });
  }
}

TEST(SpectralNorm, agrees_with_multiple_precision) {
  const Matrix m = exact::random_strictly_lower(12, 2, 9);
  const double expected = static_cast<double>(exact::spectral_norm(exact::RealMatrix(m)));
  EXPECT_NEAR(spectral_norm(m), expected, 1e-14 * expected);
}

TEST(SpectralNorm, clustered_leading_singular_values_are_told_apart) {
  for (const double gap : {0.0, 1e-14, 1e-10, 1e-6, 1e-3}) {
    for (const int cluster : {2, 5, 32}) {
      Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(64, 0.9, 1e-8);
      values(63) = 1;
      for (int k = 0; k < cluster - 1; ++k) values(k) = 1 - gap * (k + 1) / cluster;
      const Eigen::MatrixXd m = orthogonal_matrix(64, 1) * values.asDiagonal() * orthogonal_matrix(64, 2);
      EXPECT_NEAR(spectral_norm(from_eigen(m)), 1, 3e-14) << gap << ' ' << cluster;
    }
  }
}

TEST(SpectralNorm, rank_one_is_the_product_of_the_vectors_norms) {
  const Eigen::VectorXd u = normal_matrix(40, 1, 3), v = normal_matrix(40, 1, 4);
  const double expected = u.norm() * v.norm();
  EXPECT_NEAR(spectral_norm(from_eigen(u * v.transpose())), expected, 1e-13 * expected);
}

TEST(SpectralNorm, zero_diagonal_and_single_entries) {
  EXPECT_EQ(spectral_norm(Matrix(7, 7)), 0);
  EXPECT_EQ(spectral_norm(Matrix(0, 0)), 0);
  Matrix diagonal(5, 5);
  const double entries[] = {0.5, -4, 3.9999, 0, 1e-200};
  for (int i = 0; i < 5; ++i) diagonal(i, i) = entries[i];
  EXPECT_NEAR(spectral_norm(diagonal), 4, 1e-14);
  Matrix single(6, 6);
  single(4, 1) = -3;
  EXPECT_NEAR(spectral_norm(single), 3, 1e-14);
}

TEST(SpectralNorm, rectangular_matrices) {
  for (const auto& [rows, columns] : {std::pair(3, 9), std::pair(20, 4)}) {
    const Eigen::MatrixXd m = normal_matrix(rows, columns, 5);
    const double expected = Eigen::JacobiSVD<Eigen::MatrixXd>(m).singularValues()(0);
    EXPECT_NEAR(spectral_norm(from_eigen(m)), expected, 1e-13 * expected);
  }
}

TEST(SpectralNorm, scales_exactly_with_powers_of_two_over_the_whole_range) {
  const Matrix m = exact::random_strictly_lower(30, 1, 21);
  const double norm = spectral_norm(m);
  for (const int exponent : {-960, -500, 500, 1015}) {
    Matrix scaled = m;
    for (double& x : scaled.values()) x = std::ldexp(x, exponent);
    EXPECT_EQ(spectral_norm(scaled), std::ldexp(norm, exponent)) << exponent;
  }
}

TEST(SpectralNorm, columns_of_very_different_size_do_not_spoil_the_reflections) {
  Eigen::MatrixXd m = normal_matrix(24, 24, 8);
  for (int j = 0; j < 24; ++j) m.col(j) *= std::pow(10.0, -20 * j);
  const double expected = Eigen::JacobiSVD<Eigen::MatrixXd>(m).singularValues()(0);
  EXPECT_NEAR(spectral_norm(from_eigen(m)), expected, 1e-13 * expected);
  m.rowwise().reverseInPlace();
  EXPECT_NEAR(spectral_norm(from_eigen(m)), expected, 1e-13 * expected);
}

TEST(SpectralNorm, entries_that_are_not_finite_give_nan) {
  Matrix m(3, 3);
  m(1, 1) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isnan(spectral_norm(m)));
}

}  // namespace tristab::spectral_norm_test
