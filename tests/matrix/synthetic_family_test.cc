// Each family's formula, by a derivation of its own.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <Eigen/SVD>
#include <cmath>

#include "test_support.h"

#include "tristab/base/json.h"

namespace tristab::synthetic_family_test {

using testing_support::matrix_of;
using testing_support::message_of;

std::vector<double> entries(const Json& family, int n, int trials) {
  std::vector<double> all;
  for (int trial = 0; trial < trials; ++trial) {
    const Matrix a = matrix_of(family, n, trial);
    for (int i = 0; i < n; ++i) all.insert(all.end(), a.row(i), a.row(i) + i);
  }
  return all;
}

double moment(const std::vector<double>& values, int power) {
  double sum = 0;
  for (const double x : values) sum += std::pow(x, power);
  return sum / static_cast<double>(values.size());
}

Eigen::MatrixXd identity_plus(const Matrix& a) {
  Eigen::MatrixXd full = Eigen::MatrixXd::Identity(a.rows(), a.rows());
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.rows(); ++j) full(i, j) += a(i, j);
  }
  return full;
}

// Moments of U[0, s): s/2, s^2/3, s^4/5; 128 x 127 / 2 x 8 = 65024 entries.
TEST(UniformFamily, entries_have_the_moments_of_a_uniform) {
  const std::vector<double> a = entries({{"family", "uniform"}, {"scale", 0.1}}, 128, 8);
  for (const double x : a) ASSERT_TRUE(x >= 0 && x < 0.1);
  EXPECT_NEAR(moment(a, 1) / 0.1, 0.5, 0.005);
  EXPECT_NEAR(moment(a, 2) / 0.01, 1.0 / 3, 0.005);
  EXPECT_NEAR(moment(a, 4) / 1e-4, 1.0 / 5, 0.005);
}

TEST(UniformSignedFamily, entries_have_the_moments_of_a_uniform_of_both_signs) {
  const std::vector<double> a = entries({{"family", "uniform-signed"}, {"scale", 2}}, 128, 8);
  for (const double x : a) ASSERT_TRUE(x > -2 && x < 2);
  EXPECT_NEAR(moment(a, 1), 0.0, 0.02);
  EXPECT_NEAR(moment(a, 2), 4.0 / 3, 0.02);
  EXPECT_NEAR(moment(a, 3), 0.0, 0.05);
}

TEST(UniformSignedFamily, condition_number_is_met_to_one_part_in_a_million) {
  for (const double condition : {1.0, 1.2, 2.0, 8.0, 1e3, 1e6}) {
    for (const int n : {2, 16, 64}) {
      const Matrix a = matrix_of({{"family", "uniform-signed"}, {"condition", condition}}, n);
      const Eigen::VectorXd sigma = Eigen::JacobiSVD<Eigen::MatrixXd>(identity_plus(a)).singularValues();
      EXPECT_NEAR(sigma(0) / sigma(n - 1) / condition, 1.0, 1e-6) << condition << " " << n;
    }
  }
}

TEST(UniformSignedFamily, one_by_one_has_no_condition_but_one) {
  EXPECT_NE(message_of<UsageError>([] {
              matrix_of({{"family", "uniform-signed"}, {"condition", 2}}, 1);
            }).find("allowed: n of 2 or more"),
            std::string::npos);
}

// (I + A)^-1 of the all-ones triangle is I minus the first subdiagonal.
TEST(OnesFamily, inverse_is_bidiagonal) {
  const int n = 40;
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(n, n);
  for (int i = 1; i < n; ++i) inverse(i, i - 1) = -1;
  EXPECT_EQ(identity_plus(matrix_of("ones", n)) * inverse, Eigen::MatrixXd::Identity(n, n));
}

TEST(BlockOnesFamily, is_block_diagonal_with_blocks_of_ones) {
  const Matrix a = matrix_of({{"family", "block-ones"}, {"block", 5}}, 13), ones = matrix_of("ones", 5);
  double sum = 0;
  for (const double x : a.values()) sum += x;
  EXPECT_EQ(sum, 10 + 10 + 3);
  for (const int start : {0, 5}) {
    for (int i = 0; i < 5; ++i) {
      for (int j = 0; j < 5; ++j) EXPECT_EQ(a(start + i, start + j), ones(i, j));
    }
  }
  EXPECT_EQ(matrix_of("block-ones", 64)(15, 0), 1.0);
  EXPECT_EQ(matrix_of("block-ones", 64)(16, 15), 0.0);
  EXPECT_EQ(matrix_of({{"family", "block-ones"}, {"block", 64}}, 64), matrix_of("ones", 64));
}

TEST(ZerosFamily, all_entries_are_zero) { EXPECT_EQ(matrix_of("zeros", 9), Matrix(9, 9)); }

TEST(NormalFamily, entries_have_the_moments_of_the_standard_normal) {
  const std::vector<double> a = entries("normal", 128, 8);
  EXPECT_NEAR(moment(a, 1), 0.0, 0.016);
  EXPECT_NEAR(moment(a, 2), 1.0, 0.025);
  EXPECT_NEAR(moment(a, 4), 3.0, 0.2);
}

// Identical keys and beta = 1 make DeltaNet the all-ones triangle; a constant decay g makes it exp(g (i -
// j)).
TEST(DeltaNetFamily, identical_keys_give_beta_everywhere) {
  const Matrix a =
      matrix_of({{"family", "delta-net"}, {"keys", "identical"}, {"beta", "constant"}, {"beta_value", 0.5}}, 30);
  const Matrix twice = matrix_of(
      {{"family", "delta-net"}, {"keys", "identical"}, {"beta", "constant"}, {"beta_value", 0.5}, {"negative", true}},
      30);
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < i; ++j) {
      EXPECT_NEAR(a(i, j), 0.5, 1e-15);
      EXPECT_NEAR(twice(i, j), 1.0, 1e-15);
    }
  }
}

TEST(GdnFamily, identical_keys_and_constant_decay_give_a_geometric_triangle) {
  const Matrix a = matrix_of({{"family", "gdn"},
                              {"keys", "identical"},
                              {"beta", "constant"},
                              {"beta_value", 0.5},
                              {"gate", "constant"},
                              {"gate_value", -0.25}},
                             30);
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < i; ++j) EXPECT_NEAR(a(i, j), 0.5 * std::exp(-0.25 * (i - j)), 1e-14);
  }
}

TEST(GdnFamily, orthogonal_keys_give_zero_up_to_rounding) {
  const Matrix a = matrix_of({{"family", "gdn"}, {"keys", "orthogonal"}}, 64);
  for (const double x : a.values()) EXPECT_NEAR(x, 0.0, 1e-15);
}

// vLLM PR 53877: 0.62109375 in place of 0.62245935, the beta that a kernel was given as bf16.
TEST(DeltaNetFamily, betas_and_gates_may_be_stored_in_a_format) {
  const Json family{{"family", "gdn"},          {"keys", "identical"}, {"beta", "constant"},
                    {"beta_value", 0.62245935}, {"gate", "constant"},  {"gate_value", -0.001}};
  Json stored = family;
  stored["beta_format"] = "bf16";
  EXPECT_NEAR(matrix_of(stored, 2)(1, 0), 0.62109375 * std::exp(-0.001), 1e-15);
  EXPECT_NEAR(matrix_of(family, 2)(1, 0), 0.62245935 * std::exp(-0.001), 1e-15);
  stored["gate_format"] = "bf16";
  EXPECT_NEAR(matrix_of(stored, 2)(1, 0), 0.62109375 * std::exp(-0.00099945068359375), 1e-15);  // 2^-10 (1 + 3 / 128)
}

TEST(GdnFamily, a_saturated_gate_leaves_nothing) {
  const Matrix a = matrix_of({{"family", "gdn"}, {"keys", "identical"}, {"gate", "saturated"}}, 16);
  for (const double x : a.values()) EXPECT_LT(std::fabs(x), 1e-54);
}

// |k| = 1 makes A + A^T + 2 diag(beta) = diag(beta) K K^T + (...)^T; for one beta it is positive
// semidefinite.
TEST(DeltaNetFamily, symmetric_part_with_constant_beta_is_a_gram_matrix) {
  const Matrix a = matrix_of({{"family", "delta-net"}, {"beta", "constant"}, {"head_dim", 32}}, 64);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Identity(64, 64);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) gram(i, j) = gram(j, i) = a(i, j);
  }
  const Eigen::VectorXd eigenvalues = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(gram).eigenvalues();
  EXPECT_GT(eigenvalues(0), -1e-13);
  EXPECT_LT(eigenvalues(31), 1e-13);  // rank 32 of 64
  EXPECT_GT(eigenvalues(32), 1e-6);
}

// Keys of norm 1 are no longer of norm 1 once their entries are rounded to 8 significant bits (relative
// errors up to 2^-9, so at most 2^-8 in the squared norm).
TEST(DeltaNetFamily, bf16_keys_lose_their_norm_by_the_rounding_of_bf16) {
  Json family = {{"family", "delta-net"}, {"beta", "constant"}, {"keys", "identical"}};
  EXPECT_NEAR(matrix_of(family, 2)(1, 0), 1.0, 1e-15);
  family["key_format"] = "bf16";
  const double square = matrix_of(family, 2)(1, 0);
  EXPECT_LT(std::fabs(square - 1), 0x1p-8 + 0x1p-18);
  EXPECT_GT(std::fabs(square - 1), 1e-7);
}

}  // namespace tristab::synthetic_family_test
