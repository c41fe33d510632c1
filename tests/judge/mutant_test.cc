#include "tristab/judge/mutant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tristab/base/json.h"
#include "tristab/layer/layer_truth.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/source.h"
#include "tristab/sweep/formed_input.h"

namespace tristab::mutant_test {
namespace {

Problem drawn(int n, const char* family) {
  return open_source(expand_family(family, "").front(), 1, 2, "", "")->problem(n, 0);
}

struct Case {
  explicit Case(int n, int rows = 0, const char* gates = "gate=constant:gate_value=-0.01")
      : problem(drawn(n, (std::string("gdn:keys=positive:beta=sigmoid-uniform:") + gates).c_str())),
        x(inverse_by_substitution(problem.a)) {
    input.rows = rows == 0 ? n : rows;
  }
  Problem problem;
  Matrix x;
  MutantInput input{problem.a, x, problem.tokens.get()};
};

Matrix of(const Case& test, const std::string& name) {
  for (const Mutant& mutant : mutants({test.problem.a.rows(), 16, test.problem.tokens->rule})) {
    if (mutant.name == name) return mutant.inverse(test.input);
  }
  ADD_FAILURE() << "no mutant " << name;
  return {};
}

double difference(const Matrix& x, const Matrix& y) {
  double largest = 0;
  for (std::size_t i = 0; i < x.values().size(); ++i)
    largest = std::fmax(largest, std::fabs(x.values()[i] - y.values()[i]));
  return largest;
}

TEST(Mutants, have_names_and_texts_of_their_own) {
  for (const int n : {16, 32, 64, 128, 100}) {
    std::set<std::string> names, texts;
    for (const Mutant& mutant : mutants({n, 16, &delta_rule("gdn")})) {
      EXPECT_TRUE(names.insert(mutant.name).second) << mutant.name;
      EXPECT_TRUE(texts.insert(mutant.text).second) << mutant.text;
    }
    EXPECT_GT(names.size(), 15u) << n;
  }
}

TEST(Mutants, are_wrong_on_correlated_keys) {
  for (const int n : {32, 64, 128}) {
    const Case test(n, n, "gate=uniform:gate_low=-0.05:gate_high=0");
    for (const Mutant& mutant : mutants({n, 16, test.problem.tokens->rule})) {
      if (mutant.kind == "tail") continue;  // there is no padding here
      if (mutant.name == "series:terms=" + std::to_string(n - 1))
        continue;  // one entry is wrong, by a product of n - 1
      const Matrix wrong = mutant.inverse(test.input);
      ASSERT_EQ(wrong.rows(), n) << mutant.name;
      EXPECT_TRUE(all_finite(wrong)) << mutant.name;
      EXPECT_GT(difference(wrong, test.x), 1e-12) << mutant.name;
    }
  }
}

TEST(Mutants, series_of_n_terms_would_be_exact) {
  const Case test(16);
  const Matrix fifteen = of(test, "series:terms=15");
  // What is left out is the last power of A: one entry, the product of the subdiagonal.
  double product = 1;
  for (int i = 1; i < 16; ++i) product *= test.problem.a(i, i - 1);
  EXPECT_NEAR(fifteen(15, 0) - test.x(15, 0), product, 1e-15);
  EXPECT_LT(difference(of(test, "identity-minus-a"), test.x), difference(of(test, "zero"), test.x));
}

TEST(Mutants, a_used_merge_goes_wrong_in_later_blocks_too) {
  const Case test(64);
  const Matrix written = of(test, "merge-missing:block=(2,1)"), used = of(test, "merge-missing:block=(2,1):used");
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 64; ++j) {
      const bool missing = i / 16 == 1 && j / 16 == 0;
      EXPECT_EQ(written(i, j), missing ? 0 : test.x(i, j));
      if (i / 16 <= 1 || j / 16 != 0) {
        EXPECT_EQ(used(i, j), written(i, j));
      }
    }
  }
  EXPECT_GT(std::fabs(used(32, 0) - test.x(32, 0)), 1e-3);
}

TEST(Mutants, merges_agree_with_the_inverse_where_nothing_is_missing) {
  // Blocks that the missing merge does not reach must be the exact inverse's: the formulas of the merges are right.
  const Case test(64);
  const Matrix doubled = of(test, "merge-missing:size=16:pair=0");
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 64; ++j) {
      if (j >= 16) {
        EXPECT_NEAR(doubled(i, j), test.x(i, j), 1e-13) << i << " " << j;
      }
    }
  }
  EXPECT_EQ(doubled(16, 0), 0);
  EXPECT_GT(std::fabs(doubled(32, 0) - test.x(32, 0)), 1e-3);
}

TEST(Mutants, short_blocks_are_exact_where_half_the_terms_are_enough) {
  Case test(64);
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < i; ++j) {
      if (i / 16 == j / 16 && i / 8 == j / 8) test.problem.a(i, j) = 0;  // A_ii^2 = 0 in every block of 16
    }
  }
  test.x = inverse_by_substitution(test.problem.a);
  EXPECT_LT(difference(of(test, "series:blocks=16"), test.x), 1e-12);
}

TEST(Mutants, of_tokens_change_what_their_names_say) {
  const Case test(64);
  const Matrix base_two = of(test, "decay-base-two"), missing = of(test, "decay-missing");
  // Row 1: x_10 = -a_10, and a_10 has the decay of one token, exp(-0.01).
  EXPECT_NEAR(base_two(1, 0) / test.x(1, 0), std::exp(-0.01 * std::log(2.0)) / std::exp(-0.01), 1e-12);
  EXPECT_NEAR(missing(1, 0) / test.x(1, 0), std::exp(0.01), 1e-12);
  const Matrix& beta = test.problem.tokens->part("beta");
  EXPECT_NEAR(of(test, "beta-missing")(1, 0) * beta(1, 0), test.x(1, 0), 1e-12);
  EXPECT_NEAR(of(test, "beta-of-column")(1, 0) / test.x(1, 0), beta(0, 0) / beta(1, 0), 1e-12);
  EXPECT_NEAR(of(test, "mask-with-diagonal")(0, 0), 1 / (1 + beta(0, 0)), 1e-12);
}

TEST(Mutants, a_tail_changes_rows_of_padding_only) {
  const Case test(64, 40);
  const Matrix wrong = of(test, "tail-not-zeroed");
  for (int i = 0; i < 40; ++i) {
    for (int j = 0; j < 64; ++j) EXPECT_NEAR(wrong(i, j), test.x(i, j), 1e-13);
  }
  EXPECT_GT(difference(wrong, test.x), 1e-3);
}

TEST(Mutants, of_tokens_are_left_out_where_a_was_given) {
  for (const Mutant& mutant : mutants({64, 16, nullptr})) EXPECT_FALSE(mutant.needs_tokens) << mutant.name;
}

Recipe kernel(const char* name) { return expand_recipe(name, "", "").front(); }

TEST(RecipeMutants, compute_with_a_hundred_times_the_error) {
  Machines machines;
  const Problem problem = drawn(64, "gdn:keys=silu:gate=none");
  const Recipe right = kernel("fla-solve-tril");
  const Matrix exact = inverse_by_substitution(problem.a);
  const double error = difference(inverse_by(right, problem.a, machines), exact);
  const std::vector<RecipeMutant> wrong = recipe_mutants(right, 64);
  EXPECT_EQ(wrong.size(), 3u);  // diagonal in bf16, merge in bf16 and in tf32
  for (const RecipeMutant& mutant : wrong) {
    EXPECT_GT(difference(inverse_by(mutant.recipe, problem.a, machines), exact), 100 * error) << mutant.name;
  }
}

TEST(RecipeMutants, take_a_round_where_there_is_one) {
  const auto has_round = [](const char* name, int n) {
    const std::vector<RecipeMutant> list = recipe_mutants(kernel(name), n);
    return std::ranges::count(list, std::string("round-missing"), &RecipeMutant::kind) == 1;
  };
  EXPECT_TRUE(has_round("pto-newton-schulz", 64));
  EXPECT_TRUE(has_round("vllm-gdn-sm100", 64));
  EXPECT_TRUE(has_round("tileops", 64));
  EXPECT_FALSE(has_round("fla-solve-tril", 64));
}

TEST(RecipeMutants, doubling_of_a_residual_sum_loses_half_of_its_terms) {
  Recipe sum = kernel("fla-solve-tril");
  sum.method = expand_method("residual-neumann:terms=8:evaluation=doubling", "").front();
  const std::vector<RecipeMutant> list = recipe_mutants(sum, 64);
  const auto found = std::ranges::find(list, std::string("round-missing"), &RecipeMutant::kind);
  ASSERT_NE(found, list.end());
  EXPECT_EQ(found->recipe.method.settings.integer("terms"), 4);
}

TEST(RecipeMutants, failing_recipes_are_those_of_the_reports) {
  std::set<std::string> names;
  for (const RecipeMutant& mutant : failing_recipes(64)) names.insert(mutant.recipe.name);
  EXPECT_TRUE(names.contains("aiter-v1"));
  EXPECT_TRUE(names.contains("tileops"));
  EXPECT_TRUE(names.contains("vllm-gdn-sm100"));
  EXPECT_FALSE(names.contains("aiter-v2"));
  EXPECT_FALSE(names.contains("fla-solve-tril"));
}

}  // namespace
}  // namespace tristab::mutant_test
