// lapack, gpu-mode and verdict, on L = (1, 0; 4, 1), whose inverse is (1, 0; -4, 1).
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gate/judged.h"

namespace tristab::residual_gates_test {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");
const Matrix a = matrix_of(2, 2, {0, 0, 4, 0});
const Matrix exact = matrix_of(2, 2, {1, 0, -4, 1});

GateResult of(const std::string& gate, const std::string& format, const std::vector<double>& x) {
  return judged_inverse(gate, format, matrix_of(2, 2, x), exact, a);
}

// LX - I = (0, 0; -1/2, 0): norm 1/2; norms of L and X 5 and 5.5; n = 2.
TEST(LapackGate, the_test_ratio_of_dtrt01) {
  const GateResult result = of("lapack:u=0.001", "fp32", {1, 0, -4.5, 1});
  EXPECT_NEAR(result.value, 0.5 / (2 * 0.001 * 5 * 5.5), 1e-12);
  EXPECT_TRUE(result.passes);
  EXPECT_NEAR(of("lapack", "bf16", {1, 0, -4.5, 1}).value, 0.5 / (2 * 0x1p-8 * 5 * 5.5), 1e-12);
  EXPECT_FALSE(of("lapack", "fp16", {1, 0, -6, 1}).passes) << "2 / (2 * 2^-11 * 5 * 7) = 58.5";
  EXPECT_TRUE(of("lapack", "fp16", {1, 0, -4.5, 1}).passes) << "18.6";
}

TEST(LapackGate, a_ratio_equal_to_the_threshold_fails) {
  // X = (1, 0; -3, 1): residual 1, norms 5 and 4, n = 2, u = 2^-6: 1 / (40 * 2^-6) = 1.6.
  EXPECT_FALSE(of("lapack:1.6:u=0.015625", "fp32", {1, 0, -3, 1}).passes);
  EXPECT_TRUE(of("lapack:1.7:u=0.015625", "fp32", {1, 0, -3, 1}).passes);
}

TEST(LapackGate, a_zero_norm_gives_1_over_u) {
  EXPECT_EQ(of("lapack", "bf16", {0, 0, 0, 0}).value, 256);
  EXPECT_FALSE(of("lapack", "bf16", {0, 0, 0, 0}).passes);
  EXPECT_TRUE(judged_inverse("lapack", "bf16", Matrix(), Matrix(), Matrix()).passes) << "n = 0";
}

TEST(LapackGate, hole_nan_passes_and_nothing_above_the_diagonal_is_seen) {
  EXPECT_TRUE(of("lapack", "fp32", {nan, 0, -4, 1}).passes);
  EXPECT_TRUE(of("lapack", "fp32", {1, 1e30, -4, 1}).passes);
  EXPECT_FALSE(of("lapack", "fp32", {2, 0, -4, 1}).passes) << "the diagonal is";
}

TEST(LapackGate, the_worst_matrix_of_a_batch_counts) {
  const std::vector<Matrix> output{exact, matrix_of(2, 2, {1, 0, 4, 1})}, expected{exact, exact}, inputs{a, a};
  EXPECT_FALSE(make_gate("lapack", "").evaluate({output, expected, format_of("bf16", ""), inputs, {}}).passes);
}

// LX - I = (0, 0; -1/2, 0) again; factor n eps norm(L) with eps = 2^-10: 20 * 2 * 2^-10 * 5 = 0.195.
TEST(GpuModeGate, the_residual_over_n_eps_and_the_norm_of_l) {
  EXPECT_NEAR(of("gpu-mode:20n", "fp16", {1, 0, -4.5, 1}).value, 0.5 / (2 * 0x1p-10 * 5), 1e-12);
  EXPECT_FALSE(of("gpu-mode:20n", "fp16", {1, 0, -4.5, 1}).passes);
  EXPECT_TRUE(of("gpu-mode:51.2n", "fp16", {1, 0, -4.5, 1}).passes) << "at most, not below";
  EXPECT_TRUE(of("gpu-mode:eps=0.01", "fp16", {1, 0, -4.5, 1}).passes);
}

TEST(GpuModeGate, what_is_above_the_diagonal_counts) { EXPECT_FALSE(of("gpu-mode", "fp32", {1, 1, -4, 1}).passes); }

TEST(GpuModeGate, nan_and_infinities_fail) {
  EXPECT_FALSE(of("gpu-mode", "fp32", {nan, 0, -4, 1}).passes);
  EXPECT_FALSE(of("gpu-mode", "fp32", {1, inf, -4, 1}).passes);
  EXPECT_EQ(of("gpu-mode", "fp32", {nan, 0, -4, 1}).share, inf);
}

TEST(GpuModeGate, hole_in_bf16_nearly_everything_passes_at_128) {
  const int n = 128;
  Matrix zero(n, n), wrong(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) wrong(i, j) = i == j ? 1 : 0.1;
  }
  EXPECT_TRUE(judged_inverse("gpu-mode", "bf16", wrong, zero, zero).passes) << "a norm of 13 against 20 * 128 / 128";
}

// |X| |A| |X| = (0, 0; 4, 0), norm_F(X) = sqrt(18): b = u * 4 / sqrt(18) with no sums. The error is 1 / sqrt(18) times
// the change of X_10.
TEST(VerdictGate, the_error_over_that_of_a_stable_method) {
  EXPECT_NEAR(of("verdict:u=0.01:u_sums=0", "fp32", {1, 0, -4.06, 1}).value, 0.06 / 0.04, 1e-9);
  EXPECT_TRUE(of("verdict:u=0.01:u_sums=0", "fp32", {1, 0, -4.06, 1}).passes);
  EXPECT_FALSE(of("verdict:u=0.01:u_sums=0", "fp32", {1, 0, -4.09, 1}).passes);
  EXPECT_NEAR(of("verdict", "bf16", {1, 0, -4.06, 1}).value, 0.06 / (4 * (0x1p-8 + std::sqrt(2.0) * 0x1p-24)), 1e-9);
  EXPECT_TRUE(of("verdict", "bf16", {1, 0, -4, 1}).passes);
  EXPECT_FALSE(of("verdict", "bf16", {1, 0, nan, 1}).passes);
  EXPECT_EQ(of("verdict", "bf16", {1, 0, inf, 1}).share, inf);
}

// The norm of the whole matrix hides the strictly lower triangle behind the identity: all of it may be missing.
TEST(ResidualGates, hole_the_identity_hides_the_lower_triangle) {
  const int n = 64;
  Matrix small(n, n), x(n, n), y(n, n);
  for (int i = 0; i < n; ++i) {
    x(i, i) = y(i, i) = 1;
    if (i > 0) small(i, i - 1) = 0.003, y(i, i - 1) = -0.003;
  }
  EXPECT_TRUE(judged_inverse("fla:0.005", "bf16", x, y, small).passes);
  EXPECT_TRUE(judged_inverse("snr:40", "bf16", x, y, small).passes);
  EXPECT_TRUE(judged_inverse("cosine", "bf16", x, y, small).passes);
}

}  // namespace tristab::residual_gates_test
