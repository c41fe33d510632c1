// Counts come from the machine; the formulas of src/tristab/method/README.md say what they must be.
#include <cmath>

#include "problems.h"

#include "tristab/base/json.h"

namespace tristab::cost_test {

struct Cost {
  std::int64_t matmuls, product_depth, vector_depth;
};

Cost cost_of(const Json& method, int n) {
  const Inversion inversion = inverted(method, "fp32", matrices("zeros", n, 1).at(0));
  return {inversion.trace.total().matmuls, inversion.trace.product_depth, inversion.trace.vector_depth};
}

class Cost16To256 : public testing::TestWithParam<int> {
 protected:
  int n() const { return GetParam(); }
  int log2n() const { return static_cast<int>(std::lround(std::log2(n()))); }
};
INSTANTIATE_TEST_SUITE_P(Sizes, Cost16To256, testing::Values(16, 32, 64, 128, 256));

TEST_P(Cost16To256, substitution_takes_n_minus_1_vector_steps_and_no_product) {
  for (const char* method : {"row-substitution", "column-sweep"}) {
    const Cost cost = cost_of(method, n());
    EXPECT_EQ(cost.matmuls, 0) << method;
    EXPECT_EQ(cost.product_depth, 0) << method;
    EXPECT_EQ(cost.vector_depth, n() - 1) << method;
  }
}

TEST_P(Cost16To256, mch_takes_2_log2_n_minus_2_products_of_depth_log2_n) {
  const Cost cost = cost_of("mch", n());
  EXPECT_EQ(cost.matmuls, 2 * log2n() - 2);
  EXPECT_EQ(cost.product_depth, log2n());
}

TEST_P(Cost16To256, mbh_takes_2_log2_n_products_of_the_same_depth) {
  const Cost cost = cost_of("mbh", n());
  EXPECT_EQ(cost.matmuls, 2 * log2n());
  EXPECT_EQ(cost.product_depth, 2 * log2n());
}

TEST_P(Cost16To256, mxr_takes_6_products_of_depth_4_and_2_more_a_doubling_of_n) {
  const Cost cost = cost_of("mxr", n());
  EXPECT_EQ(cost.matmuls, 6 + 2 * (log2n() - 4));
  EXPECT_EQ(cost.product_depth, 4 + 2 * (log2n() - 4));
}

TEST_P(Cost16To256, newton_schulz_takes_2_products_a_step_and_the_default_steps) {
  EXPECT_EQ(cost_of("newton-schulz", n()).matmuls, 2 * std::max(2 * log2n(), 12));
  EXPECT_EQ(cost_of(with("newton-schulz", {{"start", "identity"}}), n()).matmuls, 2 * log2n());
  EXPECT_EQ(cost_of(with("newton-schulz", {{"start", "identity-minus-a"}}), n()).matmuls, 2 * (log2n() - 1));
  const Cost seven = cost_of(with("newton-schulz", {{"steps", 7}}), n());
  EXPECT_EQ(seven.matmuls, 14);
  EXPECT_EQ(seven.product_depth, 14);
}

TEST_P(Cost16To256, residual_neumann_takes_N_plus_S_minus_1_products_or_fewer) {
  EXPECT_EQ(cost_of(with("residual-neumann", {{"order", 3}, {"terms", 8}}), n()).matmuls, 2 + 1 + 7);
  EXPECT_EQ(cost_of(with("residual-neumann", {{"order", 4}, {"terms", 3}, {"evaluation", "horner"}}), n()).matmuls,
            3 + 1 + 2);
  EXPECT_EQ(cost_of(with("residual-neumann", {{"order", 3}, {"terms", 8}, {"evaluation", "doubling"}}), n()).matmuls,
            3 + 2 * 3 - 1);
}

TEST(Cost, matrix_column_sweep_takes_n_minus_1_products_or_one_less) {
  EXPECT_EQ(cost_of("matrix-column-sweep", 32).matmuls, 31);
  EXPECT_EQ(cost_of("matrix-column-sweep", 32).product_depth, 31);
  EXPECT_EQ(cost_of(with("matrix-column-sweep", {{"start", "first"}}), 32).matmuls, 30);
}

TEST(Cost, neumann_of_degree_d_takes_d_minus_1_products) {
  for (const char* evaluation : {"horner", "powers"}) {
    EXPECT_EQ(cost_of(with("neumann", {{"evaluation", evaluation}}), 32).matmuls, 30) << evaluation;
    EXPECT_EQ(cost_of(with("neumann", {{"evaluation", evaluation}, {"degree", 5}}), 32).matmuls, 4) << evaluation;
  }
}

TEST(Cost, blocked_substitution_counts_products_by_shape_and_batch) {
  // Four blocks: 3 lone products of 2 matmuls, then sums of 2, 2 and 3 products with one more product each.
  const Matrix zeros = matrices("zeros", 64, 1).at(0);
  const Inversion direct = inverted("blocked-substitution", "fp32", zeros);
  EXPECT_EQ(direct.trace.total().matmuls, 3 * 2 + 2 * 3 + 4);
  ASSERT_EQ(direct.trace.total().products.size(), 1U);
  EXPECT_EQ(direct.trace.total().products[0].rows, 16);
  EXPECT_EQ(direct.trace.total().products[0].batch, 1);
  const Inversion doubling = inverted(with("blocked-substitution", {{"merge", "doubling"}}), "fp32", zeros);
  EXPECT_EQ(doubling.trace.total().matmuls, 4);
  ASSERT_EQ(doubling.trace.total().products.size(), 2U);
  EXPECT_EQ(doubling.trace.total().products[0].rows, 16);
  EXPECT_EQ(doubling.trace.total().products[0].batch, 2);
  EXPECT_EQ(doubling.trace.total().products[1].rows, 32);
  EXPECT_EQ(doubling.trace.total().products[1].batch, 1);
  EXPECT_EQ(doubling.trace.total().matmul_flops, 2.0 * (2 * 2 * 16 * 16 * 16) + 2.0 * (2 * 32 * 32 * 32));
}

TEST(Cost, mxr_counts_one_product_for_a_batch_of_diagonal_blocks) {
  const Inversion inversion = inverted("mxr", "fp16", matrices("zeros", 64, 1).at(0));
  ASSERT_EQ(inversion.trace.total().products.size(), 2U);
  EXPECT_EQ(inversion.trace.total().products[0].batch, 4);
  EXPECT_EQ(inversion.trace.total().products[0].count, 6);
  EXPECT_EQ(inversion.trace.total().products[1].rows, 64);
  EXPECT_EQ(inversion.trace.total().products[1].count, 4);
}

TEST(Cost, recursive_takes_2_products_a_merge_and_depth_2_a_level) {
  const Cost cost = cost_of("recursive", 64);
  EXPECT_EQ(cost.matmuls, 2 * 3);
  EXPECT_EQ(cost.product_depth, 4);
  EXPECT_EQ(cost.vector_depth, 15);
  EXPECT_EQ(cost_of(with("recursive", {{"block", 1}}), 64).matmuls, 2 * 63);
}

TEST(Cost, gauss_jordan_takes_n_minus_1_vector_steps) {
  const Cost cost = cost_of("gauss-jordan", 16);
  EXPECT_EQ(cost.matmuls, 0);
  EXPECT_EQ(cost.vector_depth, 15);
}

TEST(Cost, neumann_in_product_form_takes_2_log2_n_minus_2_products) {
  const Cost cost = cost_of(with("neumann", {{"evaluation", "product"}}), 64);
  EXPECT_EQ(cost.matmuls, 10);
  EXPECT_EQ(cost.product_depth, 6);
  EXPECT_EQ(cost_of(with("neumann", {{"evaluation", "product"}, {"degree", 15}}), 64).matmuls, 6);
}

TEST(Cost, paterson_stockmeyer_takes_s_minus_1_plus_r_minus_1_products) {
  EXPECT_EQ(cost_of("paterson-stockmeyer", 16).matmuls, 3 + 3);  // tt-metal's diagonal phase
  EXPECT_EQ(cost_of("paterson-stockmeyer", 64).matmuls, 7 + 7);
  EXPECT_EQ(cost_of(with("paterson-stockmeyer", {{"degree", 16}}), 64).matmuls, 4 + 3);  // groups 5, 5, 5, 2
  EXPECT_EQ(cost_of(with("paterson-stockmeyer", {{"degree", 4}, {"group", 2}}), 64).matmuls,
            1 + 1);  // 2, 2, 1
}

TEST(Cost, ladder_takes_2_log2_n_dense_products_of_the_same_depth) {
  const Inversion inversion = inverted("ladder", "fp32", matrices("zeros", 64, 1).at(0));
  EXPECT_EQ(inversion.trace.total().matmuls, 12);
  EXPECT_EQ(inversion.trace.product_depth, 12);
  ASSERT_EQ(inversion.trace.total().products.size(), 1U);
  EXPECT_EQ(inversion.trace.total().products[0].rows, 64);
}

TEST(Cost, bounded_doubling_adds_2_log2_of_the_block_count_products) {
  EXPECT_EQ(cost_of("bounded-doubling", 128).matmuls, 6 + 2 * 3);
  EXPECT_EQ(cost_of("bounded-doubling", 128).product_depth, 4 + 3 + 2);
  EXPECT_EQ(cost_of("bounded-doubling", 32).matmuls, 6 + 2);
  EXPECT_EQ(cost_of("bounded-doubling", 16).matmuls, 6);
}

TEST(Cost, the_32_x_32_kernels_of_tt_metal_take_8_10_or_16_products) {
  // Horner inverts the two 16-blocks one after the other there; a batch of two is one product here. The recursion of
  // the nested form inverts its two halves one after the other, where tt-metal takes them at once.
  const auto blocked = [](const char* diagonal) {
    return with("blocked-substitution", {{"merge", "doubling"}, {"diagonal", diagonal}});
  };
  EXPECT_EQ(cost_of(blocked("paterson-stockmeyer"), 32).matmuls, 8);
  EXPECT_EQ(cost_of(blocked("neumann"), 32).matmuls, 14 + 2);
  EXPECT_EQ(cost_of("mch", 32).matmuls, 8);
  const Json recursion{{"method", "recursive"}, {"block", 4}, {"diagonal", "neumann"}};
  const Json nested = with("bounded-doubling", {{"block", 8}, {"addend", "operand"}, {"diagonal", recursion}});
  EXPECT_EQ(cost_of(nested, 32).matmuls, 8 + 2);
}

TEST(Cost, the_last_product_in_halves_is_two_products) {
  const Json method = with("blocked-substitution", {{"block", 8}, {"merge", "doubling"}, {"last_product", "halves"}});
  EXPECT_EQ(cost_of(method, 64).matmuls, 2 * 3 + 1);
}

TEST(Cost, refinement_adds_2_products_a_step) {
  EXPECT_EQ(cost_of(with("refine", {{"base", "mbh"}, {"steps", 3}}), 64).matmuls, 12 + 6);
  EXPECT_EQ(cost_of(with("refine", {{"base", "mxr"}, {"where", "diagonal"}}), 64).matmuls, 10 + 2);
}

TEST(Cost, a_size_that_a_method_cannot_take_is_padded_and_said_so) {
  const Matrix zeros = matrices("zeros", 40, 1).at(0);
  EXPECT_EQ(inverted("mbh", "fp32", zeros).padded_to, 64);
  EXPECT_EQ(inverted("mxr", "fp32", zeros).padded_to, 64);
  EXPECT_EQ(inverted(with("mxr", {{"block", 10}}), "fp32", zeros).padded_to, 40);
  EXPECT_EQ(inverted("blocked-substitution", "fp32", zeros).padded_to, 48);
  EXPECT_EQ(inverted("row-substitution", "fp32", zeros).padded_to, 40);
}

// What the method runs with one round less, products of one round fewer.
TEST(Cost, one_round_less_is_one_round_fewer) {
  struct Case {
    Json method;
    int n;
    std::int64_t products;  // of a round
  };
  const std::vector<Case> cases{
      {"mch", 64, 2},
      {"mch", 80, 2},
      {"newton-schulz", 16, 2},
      {"newton-schulz", 65, 2},  // max(ceil(2 log2 n), 12) is 13 here
      {"newton-schulz", 80, 2},
      {with("newton-schulz", {{"start", "identity"}}), 80, 2},
      {with("newton-schulz", {{"start", "identity-minus-a"}}), 80, 2},
      {with("newton-schulz", {{"steps", 7}}), 64, 2},
      {"neumann", 80, 1},
      {with("neumann", {{"evaluation", "product"}}), 80, 2},
      {with("neumann", {{"evaluation", "product"}, {"degree", 15}}), 64, 2},
      {with("residual-neumann", {{"terms", 8}}), 64, 1},
      {with("residual-neumann", {{"terms", 8}, {"evaluation", "doubling"}}), 64, 2},
      {with("residual-neumann", {{"terms", 7}, {"evaluation", "doubling"}, {"sum", "S+1"}}), 64, 2},
      {with("refine", {{"base", "mxr"}, {"steps", 3}}), 64, 2}};
  for (const Case& each : cases) {
    const MethodSpec spec = method_of(each.method);
    ASSERT_NE(spec.method->one_round_less, nullptr) << each.method;
    const RoundLess less = spec.method->one_round_less(spec.settings, each.n);
    ASSERT_GE(less.value, 1) << each.method;
    Json fewer = spec.json("method");
    fewer[less.setting] = less.value;
    if (!less.other_method.empty()) fewer = less.other_method;
    EXPECT_EQ(cost_of(spec.json("method"), each.n).matmuls - cost_of(fewer, each.n).matmuls, each.products)
        << each.method << " at " << each.n;
  }
}

}  // namespace tristab::cost_test
