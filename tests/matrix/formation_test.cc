// Formation against the definition of the recurrences themselves: A is what makes the chunk's linear system
// (I + A) U = diag(beta) V equal the token-by-token update.
#include "tristab/matrix/formation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tristab/base/random.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

ChunkInputs random_chunk(int n, int dim, int decay_width, double decay_size) {
  const RandomStream random("formation test");
  ChunkInputs chunk{Matrix(n, dim), std::vector<double>(static_cast<std::size_t>(n)), Matrix(n, decay_width)};
  random.part("k").fill_normal(0, chunk.keys.values());
  for (double& k : chunk.keys.values()) k /= std::sqrt(dim);
  random.part("beta").fill_uniform(0, chunk.beta);
  random.part("g").fill_uniform(0, chunk.log_decay.values());
  for (double& g : chunk.log_decay.values()) g *= -decay_size;
  return chunk;
}

// One value channel, from the recurrence S <- diag(exp g_t) S; u_t = beta_t (v_t - k_t . S); S <- S + u_t
// k_t.
std::vector<double> recurrence(const ChunkInputs& chunk, const std::vector<double>& v) {
  const int n = chunk.keys.rows(), dim = chunk.keys.columns(), width = chunk.log_decay.columns();
  std::vector<long double> state(static_cast<std::size_t>(dim));
  std::vector<double> u;
  for (int t = 0; t < n; ++t) {
    long double prediction = 0;
    for (int d = 0; d < dim; ++d) {
      long double& s = state[static_cast<std::size_t>(d)];
      if (width > 0) s *= std::exp(static_cast<long double>(chunk.log_decay(t, width == 1 ? 0 : d)));
      prediction += s * chunk.keys(t, d);
    }
    const auto at = static_cast<std::size_t>(t);
    u.push_back(static_cast<double>(chunk.beta[at] * (v[at] - prediction)));
    for (int d = 0; d < dim; ++d) state[static_cast<std::size_t>(d)] += u.back() * chunk.keys(t, d);
  }
  return u;
}

double worst_difference(const ChunkInputs& chunk) {
  const int n = chunk.keys.rows();
  std::vector<double> v(static_cast<std::size_t>(n)), u;
  RandomStream("values").fill_normal(0, v);
  const Matrix a = delta_rule_matrix(chunk);
  const std::vector<double> exact = recurrence(chunk, v);
  double worst = 0;
  for (int i = 0; i < n; ++i) {  // (I + A) u = diag(beta) v by substitution
    const auto at = static_cast<std::size_t>(i);
    double value = chunk.beta[at] * v[at];
    for (int j = 0; j < i; ++j) value -= a(i, j) * u[static_cast<std::size_t>(j)];
    u.push_back(value);
    worst = std::max(worst, std::fabs(value - exact[at]));
  }
  return worst;
}

TEST(Formation, delta_net_solves_its_recurrence) {
  EXPECT_LT(worst_difference(random_chunk(40, 24, 0, 0)), 1e-13);
}
TEST(Formation, gated_delta_net_solves_its_recurrence) {
  EXPECT_LT(worst_difference(random_chunk(40, 24, 1, 0.3)), 1e-13);
  EXPECT_LT(worst_difference(random_chunk(40, 24, 1, 200)), 1e-13);
}
TEST(Formation, kimi_delta_solves_its_recurrence) {
  EXPECT_LT(worst_difference(random_chunk(40, 24, 24, 0.3)), 1e-13);
  EXPECT_LT(worst_difference(random_chunk(40, 24, 24, 200)), 1e-13);
}

TEST(Formation, no_decay_and_zero_decay_are_the_same_bits) {
  const ChunkInputs chunk = random_chunk(33, 19, 0, 0);
  const Matrix none = delta_net_matrix(chunk.keys, chunk.beta);
  EXPECT_EQ(gated_delta_net_matrix(chunk.keys, chunk.beta, Matrix(33, 1)), none);
  EXPECT_EQ(kimi_delta_matrix(chunk.keys, chunk.beta, Matrix(33, 19)), none);
}

TEST(Formation, result_is_strictly_lower_triangular) {
  const Matrix a = delta_rule_matrix(random_chunk(20, 8, 1, 0.1));
  for (int i = 0; i < 20; ++i) {
    for (int j = i; j < 20; ++j) EXPECT_EQ(a(i, j), 0.0);
  }
}

TEST(Formation, shapes_that_do_not_fit_are_bugs) {
  EXPECT_THROW(delta_net_matrix(Matrix(3, 4), {1, 1}), std::logic_error);
  EXPECT_THROW(gated_delta_net_matrix(Matrix(3, 4), {1, 1, 1}, Matrix(3, 4)), std::logic_error);
  EXPECT_THROW(kimi_delta_matrix(Matrix(3, 4), {1, 1, 1}, Matrix(3, 1)), std::logic_error);
}

// Partial sums are by index modulo 8 and meet in one order: 2^53 and its negative cancel only in that order.
TEST(Dot, sums_in_the_documented_order) {
  const double big = 0x1p53;
  std::vector<double> x(16, 0.0), ones(16, 1.0);
  x[0] = big, x[8] = 1.0, x[4] = -big;  // (big + 1) rounds to big inside partial sum 0
  EXPECT_EQ(dot(x.data(), ones.data(), 16), 0.0);
  x[8] = 0.0, x[1] = 1.0;  // partial sum 1 joins after 0 + 4 have cancelled
  EXPECT_EQ(dot(x.data(), ones.data(), 16), 1.0);
  for (std::size_t size = 0; size < 16; ++size) {
    EXPECT_EQ(dot(ones.data(), ones.data(), size), static_cast<double>(size));
  }
}

}  // namespace
}  // namespace tristab
