// The decay-free inversion: exact where nothing rounds, and rounded where FlashQLA rounds.
#include "plain_loops.h"
#include "problems.h"

#include "support/given_tokens.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::ungated_test {

// exp(G_i - G_j)
double decay_factor(const TokenInputs& tokens, int i, int j) {
  const Matrix sums = running_sums(tokens.log_decay);
  return std::exp(sums(i, 0) - sums(j, 0));
}

TEST(Ungated, is_the_inverse_of_the_gated_matrix) {
  Machines machines;
  const Arithmetic fp64 = arithmetic_of("fp64");
  for (const int n : {1, 8, 16, 33, 64}) {
    const TokenInputs tokens = given_tokens(plain::strictly_lower(n, 0.2, 4), -0.7);
    const Matrix a = delta_rule_matrix(tokens);
    for (const Json& base : {Json("blocked-substitution"), Json("mbh"), Json("row-substitution")}) {
      const Inversion inversion =
          invert(method_of(with("ungated", {{"base", base}})), fp64, {a, &tokens}, machines.machine_for(fp64));
      EXPECT_LT(relative_frobenius(inversion.x, invert_reference(a)), 1e-14) << base << " n " << n;
    }
  }
}

TEST(Ungated, without_decay_changes_no_bit_of_the_base) {
  Machines machines;
  const Arithmetic bf16 = arithmetic_of("bf16");
  const Matrix ungated = plain::strictly_lower(64, 0.3, 8);
  const TokenInputs tokens = given_tokens(ungated, 0);
  const Inversion inversion = invert(method_of("ungated"), bf16, {Matrix(64, 64), &tokens}, machines.machine_for(bf16));
  const Matrix base = inverted("blocked-substitution", "bf16", ungated).x;
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j <= i; ++j)
      EXPECT_EQ(inversion.x(i, j), MpfrOracle().convert(base(i, j), bf16.storage, Rounding::nearest_even));
  }
}

TEST(Ungated, takes_scalar_gates_alone) {
  Machines machines;
  const Arithmetic bf16 = arithmetic_of("bf16");
  TokenInputs tokens = given_tokens(Matrix(16, 16), -1);
  EXPECT_THROW(invert(method_of("ungated"), bf16, Matrix(16, 16), machines.machine_for(bf16)), UsageError);
  DeltaRule channels = *tokens.rule;
  channels.decay = DecayWidth::channel;
  tokens.rule = &channels;
  tokens.log_decay = Matrix(16, 16);
  EXPECT_THROW(invert(method_of("ungated"), bf16, {Matrix(16, 16), &tokens}, machines.machine_for(bf16)), UsageError);
}

TEST(Ungated, inverse_and_factors_are_rounded_before_their_product) {
  Machines machines;
  const Arithmetic bf16 = arithmetic_of("bf16");
  const plain::Unit unit("bf16");
  const Matrix ungated = plain::strictly_lower(32, 0.3, 6);
  const TokenInputs tokens = given_tokens(ungated, -0.11);
  const Inversion inversion = invert(method_of("ungated"), bf16, {Matrix(32, 32), &tokens}, machines.machine_for(bf16));
  const Matrix base = inverted("blocked-substitution", "bf16", ungated).x;
  for (int i = 0; i < 32; ++i) {
    for (int j = 0; j <= i; ++j) {
      EXPECT_EQ(inversion.x(i, j), unit.round(unit.round(base(i, j)) * unit.round(decay_factor(tokens, i, j))))
          << i << " " << j;
    }
  }
}

TEST(Ungated, flashqla_rounds_bf16_multiplies_fp32_rounds_bf16) {
  Machines machines;
  const Matrix ungated = plain::strictly_lower(64, 0.3, 12);
  const TokenInputs tokens = given_tokens(ungated, -0.037);
  const Arithmetic fp32 = arithmetic_of("fp32"), bf16 = arithmetic_of("bf16");
  const StageArithmetics arithmetics{{"*", &fp32}, {"result", &bf16}, {"output", &bf16}};
  const Inversion inversion =
      invert(method_of("ungated"), arithmetics, {Matrix(64, 64), &tokens}, machines.machine_for(arithmetics));
  const Matrix base = inverted("blocked-substitution", "fp32", ungated).x;
  const plain::Unit unit("bf16");
  for (int i = 0; i < 64; ++i) {
    for (int j = 0; j < 64; ++j) {
      const auto left = static_cast<float>(unit.round(base(i, j))),
                 right = static_cast<float>(decay_factor(tokens, i, j));
      EXPECT_EQ(inversion.x(i, j), j > i ? 0 : unit.round(static_cast<double>(left * right))) << i << " " << j;
    }
  }
  const std::vector<StageTrace>& stages = inversion.trace.stages;
  const StageTrace& decay = stages[stages.size() - 2];
  EXPECT_EQ(decay.name, "decay");
  EXPECT_EQ(decay.vector_steps, 1);
  EXPECT_EQ(decay.vector_flops, 64 * 65 / 2);
  EXPECT_EQ(stages.back().name, "output");
}

}  // namespace tristab::ungated_test
