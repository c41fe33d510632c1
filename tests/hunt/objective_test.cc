#include "tristab/hunt/objective.h"

#include <gtest/gtest.h>

#include <cmath>

#include "hunt/hunt_support.h"
#include "tristab/base/errors.h"
#include "tristab/hunt/evaluator.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/sweep/field.h"

namespace tristab::objective_test {
namespace {

// One repeated key with this beta, no decay.
TokenInputs repeated_key(const InputSpace& space, double beta) {
  TokenInputs tokens = blank_tokens(space);
  for (double& rate : rate_of(tokens).values()) rate = beta;
  for (double& g : tokens.log_decay.values()) g = 0;
  EXPECT_TRUE(settle(space, tokens));
  return tokens;
}

TEST(HuntObjective, names_are_those_of_records_and_the_special_ones) {
  EXPECT_EQ(make_objective("snr_db", "").field->name(), "snr_db");
  EXPECT_TRUE(make_objective("snr_db", "").larger_is_better());
  EXPECT_FALSE(make_objective("total_frobenius", "").larger_is_better());
  EXPECT_TRUE(make_objective("ratio", "").needs_second());
  EXPECT_TRUE(make_objective("gate:fla:0.005", "").needs_layer());
  try {
    make_objective("total_frobenus", "--objective");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'total_frobenius'"), std::string::npos) << error.what();
  }
  EXPECT_THROW(make_objective("gate:nobody", ""), UsageError);
  EXPECT_THROW(make_objective("status", ""), UsageError);
}

// What the search uses against what the sweep says.
TEST(Evaluator, the_quick_way_agrees_with_the_certified_one) {
  for (const char* name : {"total_frobenius", "growth", "dead_growth"}) {
    for (const char* setting : {"mxr:block=8 fp16", "flashkda-v1", "qualcomm-int8"}) {
      const auto small = small_hunt(setting, 16, 1, name);
      const Evaluator evaluator(small->request);
      Machines machines;
      for (const double beta : {0.3, 0.9997}) {
        const TokenInputs tokens = repeated_key(small->request.space, beta);
        const double quick = evaluator.evaluate(tokens, machines).badness;
        const double certified = evaluator.evaluate_again(tokens, machines).value;
        EXPECT_NEAR(quick, certified, 1e-9 * std::fabs(certified)) << name << " " << setting;
      }
    }
  }
}

TEST(Evaluator, every_number_of_a_record_is_an_objective) {
  for (const Field& field : record_fields()) {
    if (!field.is_number()) continue;
    const auto small = small_hunt("mch fp16", 16, 1, field.name());
    const TokenInputs tokens = repeated_key(small->request.space, 0.9997);
    const HuntFind find = evaluate_again(small->request, tokens);
    const Measured number = field.number(*find.matrix, find.record());
    if (number.undefined != Undefined::no) continue;
    EXPECT_EQ(find.value, number.value) << field.name();
  }
}

TEST(Evaluator, overflow_is_measured_before_it_happens) {
  const auto half = small_hunt("mch fp16", 16, 1, "overflow"), whole = small_hunt("mch fp16", 32, 1, "overflow");
  const double before = evaluate_again(half->request, repeated_key(half->request.space, 1)).value;
  // C(14, 7) = 3432 is the largest entry of A^8 for ones.
  EXPECT_NEAR(before, 3432 / 65504.0, 1e-6);
  EXPECT_EQ(evaluate_again(whole->request, repeated_key(whole->request.space, 1)).value, infinity);
}

TEST(Evaluator, a_difference_and_a_ratio_need_both_settings) {
  const auto difference = small_hunt("vllm-gdn-sm100", 64, 1, "difference", "vllm-gdn-sm100:rounds=4");
  const auto ratio = small_hunt("vllm-gdn-sm100", 64, 1, "ratio", "vllm-gdn-sm100:rounds=4");
  const TokenInputs tokens = repeated_key(ratio->request.space, 0.9);
  const HuntFind far = evaluate_again(difference->request, tokens), worse = evaluate_again(ratio->request, tokens);
  EXPECT_NEAR(far.value, far.record().total_frobenius.value, 0.1 * far.value);  // the second is nearly right
  EXPECT_GT(worse.value, 10);
  const auto alone = small_hunt("mch fp16", 16, 1, "ratio");
  EXPECT_THROW(hunt(alone->request), UsageError);
}

TEST(Evaluator, achievable_is_one_where_only_storing_rounds) {
  const auto small = small_hunt("tcu-exact:output=bf16", 16, 1, "achievable");
  TokenInputs tokens = repeated_key(small->request.space, 0.7);
  EXPECT_NEAR(evaluate_again(small->request, tokens).value, 1, 1e-9);
}

TEST(Evaluator, a_gate_counts_only_what_it_lets_through) {
  const auto small = small_hunt("mch fp16", 16, 1, "gate:fla:0.005");
  const Evaluator evaluator(small->request);
  Machines machines;
  const TokenInputs harmless = repeated_key(small->request.space, 0.1),
                    wrong = repeated_key(small->request.space, 0.9997);
  EXPECT_GT(evaluator.evaluate(harmless, machines).badness, 0);
  EXPECT_LT(evaluator.evaluate(harmless, machines).badness, 0.1);
  EXPECT_LT(evaluator.evaluate(repeated_key(small->request.space, 0), machines).badness, 0.1);  // nothing is written
  EXPECT_EQ(evaluator.evaluate(wrong, machines).badness, 0);                                    // the gate sees it
  EXPECT_GT(evaluator.evaluate(wrong, machines).near_gate, 1);
}

TEST(Evaluator, an_inverse_beyond_the_format_does_not_count) {
  const auto small = small_hunt("mch fp16", 32, 1);
  small->request.space.length = {3, 3};  // entries of A up to 9
  TokenInputs tokens = blank_tokens(small->request.space);
  for (double& rate : rate_of(tokens).values()) rate = 1;
  for (double& g : tokens.log_decay.values()) g = 0;
  ASSERT_TRUE(settle(small->request.space, tokens));
  const Evaluator evaluator(small->request);
  Machines machines;
  EXPECT_FALSE(evaluator.evaluate(tokens, machines).counts());
}

}  // namespace
}  // namespace tristab::objective_test
