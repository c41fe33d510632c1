// The formulas of A against the definitions of the recurrences: A is what makes the chunk's linear system
// (I + A) U = R equal the token-by-token update. The updates are written out here in 50 digits, from the papers, and
// share nothing with the program.
#include "tristab/matrix/rule/rule.h"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <stdexcept>

#include "tristab/base/random.h"
#include "tristab/matrix/sum.h"

namespace tristab::rule_test {

using Real = boost::multiprecision::cpp_bin_float_50;
using Vector = std::vector<Real>;

Matrix random_matrix(const char* name, int rows, int columns, double scale, double shift = 0) {
  Matrix x(rows, columns);
  RandomStream("rule test").part(name).fill_uniform(0, x.values());
  for (double& value : x.values()) value = scale * (value - shift);
  return x;
}

// Tokens with every part that the rule reads.
TokenInputs random_tokens(std::string_view rule_name, int n, int dim, double decay_size) {
  const DeltaRule& rule = delta_rule(rule_name);
  TokenInputs tokens;
  tokens.rule = &rule;
  tokens.keys = random_matrix("k", n, dim, 2 / std::sqrt(dim), 0.5);
  tokens.values = random_matrix("v", n, 1, 2, 0.5);
  const int width = rule.decay == DecayWidth::none ? 0 : rule.decay == DecayWidth::head ? 1 : dim;
  tokens.log_decay = random_matrix("g", n, width, -decay_size);
  for (const RulePart& part : rule.parts) {
    const bool positive = part.meaning.find("0 to 1") != std::string::npos;
    const bool one = part.shape == PartShape::scalar || part.shape == PartShape::value;
    tokens.parts[part.name] = positive ? random_matrix(part.name.c_str(), n, one ? 1 : dim, 1)
                                       : random_matrix(part.name.c_str(), n, dim, 2 / std::sqrt(dim), 0.5);
  }
  if (rule.complete != nullptr) rule.complete(tokens);
  return tokens;
}

Real dot_of(const Matrix& x, int row, const Vector& state) {
  Real sum = 0;
  for (int d = 0; d < x.columns(); ++d) sum += x(row, d) * state[static_cast<std::size_t>(d)];
  return sum;
}

// For one value channel (a state vector of d_k numbers): what the row's step solves for, u_t (DPLR: a_t . S_{t-1}).
Vector by_recurrence(const TokenInputs& tokens) {
  const int n = tokens.rows(), dim = tokens.keys.columns(), width = tokens.log_decay.columns();
  Vector state(static_cast<std::size_t>(dim)), solved;
  const auto decay = [&](int t) {
    for (int d = 0; width > 0 && d < dim; ++d)
      state[static_cast<std::size_t>(d)] *= exp(Real(tokens.log_decay(t, width == 1 ? 0 : d)));
  };
  const auto write = [&](const Matrix& x, int t, const Real& what) {
    for (int d = 0; d < dim; ++d) state[static_cast<std::size_t>(d)] += x(t, d) * what;
  };
  for (int t = 0; t < n; ++t) {
    const Real v = tokens.values(t, 0);
    const std::string& rule = tokens.rule->name;
    if (rule == "delta-net" || rule == "gdn" || rule == "delta-product" || rule == "kda") {
      // S <- diag(exp g) S; u = beta (v - k . S); S <- S + k u
      decay(t);
      solved.push_back(tokens.part("beta")(t, 0) * (v - dot_of(tokens.keys, t, state)));
      write(tokens.keys, t, solved.back());
    } else if (rule == "pgdn" || rule == "pkda") {  // S <- diag(exp g) S; u = beta (v - k . S); S <- S + (m o k) u
      decay(t);
      solved.push_back(tokens.part("beta")(t, 0) * (v - dot_of(tokens.keys, t, state)));
      for (int d = 0; d < dim; ++d)
        state[static_cast<std::size_t>(d)] += Real(tokens.part("m")(t, d)) * tokens.keys(t, d) * solved.back();
    } else if (rule == "gdn2") {  // S <- diag(exp g) S; u = w v - (b o k) . S; S <- S + k u
      decay(t);
      Real erased = 0;
      for (int d = 0; d < dim; ++d)
        erased += Real(tokens.part("b")(t, d)) * tokens.keys(t, d) * state[static_cast<std::size_t>(d)];
      solved.push_back(tokens.part("w")(t, 0) * v - erased);
      write(tokens.keys, t, solved.back());
    } else if (rule == "dplr") {  // S <- diag(exp g) S + b (a . S) + k v
      solved.push_back(dot_of(tokens.part("a"), t, state));
      decay(t);
      write(tokens.part("b"), t, solved.back());
      write(tokens.keys, t, v);
    } else if (rule == "rwkv7") {  // S <- diag(exp g) S - (khat o eta) (khat . S) + k v
      solved.push_back(-dot_of(tokens.part("khat"), t, state));
      decay(t);
      for (int d = 0; d < dim; ++d)
        state[static_cast<std::size_t>(d)] +=
            Real(tokens.part("khat")(t, d)) * tokens.part("eta")(t, d) * solved.back();
      write(tokens.keys, t, v);
    } else if (rule == "comba") {  // u = beta (v - p . S); S <- exp(g) S + k u
      solved.push_back(tokens.part("beta")(t, 0) * (v - dot_of(tokens.part("p"), t, state)));
      decay(t);
      write(tokens.keys, t, solved.back());
    } else {
      throw std::logic_error("a rule without its recurrence in this test: " + rule);
    }
  }
  return solved;
}

// The right-hand side R of (I + A) U = R.
Vector right_hand_side(const TokenInputs& tokens) {
  Vector r;
  for (int i = 0; i < tokens.rows(); ++i) {
    const Real v = tokens.values(i, 0);
    const std::string& rule = tokens.rule->name;
    if (rule == "gdn2") {
      r.push_back(tokens.part("w")(i, 0) * v);
    } else if (rule == "dplr" || rule == "rwkv7") {  // sum_j A_ak,ij v_j
      Real sum = 0;
      for (int j = 0; j < i; ++j) {
        for (int d = 0; d < tokens.keys.columns(); ++d) {
          Real exponent = 0;
          for (int t = j + 1; t < i; ++t) exponent += tokens.log_decay(t, d);
          sum += tokens.part("a")(i, d) * exp(exponent) * tokens.keys(j, d) * tokens.values(j, 0);
        }
      }
      r.push_back(sum);
    } else {
      r.push_back(tokens.part("beta")(i, 0) * v);
    }
  }
  return r;
}

double worst_difference(const TokenInputs& tokens, const Matrix& a) {
  const Vector exact = by_recurrence(tokens);
  Vector u = right_hand_side(tokens);
  double worst = 0;
  for (int i = 0; i < tokens.rows(); ++i) {  // (I + A) u = r by substitution
    const auto at = static_cast<std::size_t>(i);
    for (int j = 0; j < i; ++j) u[at] -= a(i, j) * u[static_cast<std::size_t>(j)];
    worst = std::max(worst, static_cast<double>(abs(u[at] - exact[at])));
  }
  return worst;
}

double worst_difference(const TokenInputs& tokens) { return worst_difference(tokens, delta_rule_matrix(tokens)); }

TEST(DeltaRules, each_formula_of_A_solves_its_own_recurrence) {
  for (const DeltaRule& rule : delta_rules()) {
    EXPECT_LT(worst_difference(random_tokens(rule.name, 24, 16, 0.3)), 1e-14) << rule.name;
    EXPECT_LT(worst_difference(random_tokens(rule.name, 24, 16, 200)), 1e-14) << rule.name;
  }
}

TEST(DeltaRules, a_wrong_exponent_would_be_seen) {
  // Comba's state is read before the decay: with GDN's exponents the recurrence is missed by far.
  TokenInputs tokens = random_tokens("comba", 24, 16, 0.3);
  GatedFactors factors = factors_of(tokens);
  factors.left_before_decay = false;
  EXPECT_GT(worst_difference(tokens, gated_product(factors, Triangle::strictly_lower)), 1e-3);
}

TEST(DeltaRules, a_preconditioner_lifts_the_bound_by_beta) {
  // Equal keys of length 1 and m = 3/2: |A_10| = 3/2 beta, where one key a token allows beta at most.
  TokenInputs tokens = random_tokens("pgdn", 2, 16, 0);
  std::ranges::fill(tokens.keys.values(), 0.25);
  std::ranges::fill(tokens.parts.at("m").values(), 1.5);
  std::ranges::fill(tokens.parts.at("beta").values(), 0.5);
  EXPECT_EQ(delta_rule_matrix(tokens)(1, 0), 0.75);
}

TEST(DeltaRules, interleaved_steps_without_decay_are_delta_product) {
  // Two Householder steps a token: S <- exp(g) S, then two of DeltaNet's steps.
  TokenInputs tokens = random_tokens("gdn", 24, 16, 0.3);
  for (int t = 1; t < 24; t += 2) tokens.log_decay(t, 0) = 0;
  for (double& beta : tokens.parts.at("beta").values()) beta *= 2;
  EXPECT_LT(worst_difference(tokens), 1e-13);
}

TEST(DeltaRules, no_decay_and_zero_decay_are_the_same_bits) {
  TokenInputs tokens = random_tokens("delta-net", 33, 19, 0);
  const Matrix none = delta_rule_matrix(tokens);
  tokens.rule = &delta_rule("gdn");
  tokens.log_decay = Matrix(33, 1);
  EXPECT_EQ(delta_rule_matrix(tokens), none);
  tokens.rule = &delta_rule("kda");
  tokens.log_decay = Matrix(33, 19);
  EXPECT_EQ(delta_rule_matrix(tokens), none);
}

TEST(DeltaRules, A_is_strictly_lower_triangular) {
  for (const DeltaRule& rule : delta_rules()) {
    const Matrix a = delta_rule_matrix(random_tokens(rule.name, 20, 8, 0.1));
    for (int i = 0; i < 20; ++i) {
      for (int j = i; j < 20; ++j) EXPECT_EQ(a(i, j), 0.0) << rule.name;
    }
  }
}

TEST(DeltaRules, shapes_that_do_not_fit_are_bugs) {
  for (const DeltaRule& rule : delta_rules()) {
    TokenInputs tokens = random_tokens(rule.name, 4, 8, 0.1);
    tokens.log_decay = Matrix(4, 3);
    EXPECT_THROW(factors_of(tokens), std::logic_error) << rule.name;
  }
  TokenInputs tokens = random_tokens("gdn", 4, 8, 0.1);
  tokens.parts["beta"] = Matrix(3, 1);
  EXPECT_THROW(factors_of(tokens), std::logic_error);
  tokens.parts.clear();
  EXPECT_THROW(factors_of(tokens), std::logic_error);
}

TEST(TokenRows, rows_beyond_the_end_write_and_decay_nothing) {
  const TokenInputs tokens = random_tokens("kda", 10, 8, 0.5);
  const TokenInputs part = token_rows(tokens, 6, 4, 7);
  EXPECT_EQ(part.rows(), 7);
  EXPECT_EQ(part.keys(3, 5), tokens.keys(9, 5));
  EXPECT_EQ(part.keys(4, 5), 0.0);
  EXPECT_EQ(part.part("beta")(6, 0), 0.0);
  EXPECT_EQ(part.log_decay(5, 1), 0.0);
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

}  // namespace tristab::rule_test
