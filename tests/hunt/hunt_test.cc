#include "tristab/hunt/hunt.h"

#include <gtest/gtest.h>

#include <cmath>

#include "hunt/hunt_support.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/hunt/elites.h"
#include "tristab/hunt/hunt_state.h"
#include "tristab/hunt/strategy.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/sweep/field.h"

namespace tristab::hunt_test {
namespace {

double total_error(const SmallHunt& small, const TokenInputs& tokens) {
  const auto evaluation = evaluate_again(small.request, tokens);
  const Record& record = evaluation.record();
  return record.finite() ? record.total_frobenius.value : infinity;
}

// The median error over inputs of a family.
double median_error(const SmallHunt& small, const std::string& family, int trials) {
  const auto source = open_source(expand_family(Json(family), "").front(), 1, trials, "", "");
  std::vector<double> errors;
  for (int trial = 0; trial < trials; ++trial)
    errors.push_back(total_error(small, *source->problem(small.request.space.n, trial).tokens));
  std::ranges::sort(errors);
  return errors[errors.size() / 2];
}

void expect_equal(const HuntResult& x, const HuntResult& y) {
  EXPECT_EQ(x.evaluations, y.evaluations);
  ASSERT_TRUE(x.worst && y.worst);
  EXPECT_EQ(x.worst->value, y.worst->value);
  EXPECT_EQ(x.worst->tokens.keys, y.worst->tokens.keys);
  EXPECT_EQ(x.worst->tokens.parts, y.worst->tokens.parts);
  EXPECT_EQ(x.worst->tokens.log_decay, y.worst->tokens.log_decay);
  EXPECT_EQ(x.worst->evaluation, y.worst->evaluation);
  ASSERT_EQ(x.others.size(), y.others.size());
  for (std::size_t k = 0; k < x.others.size(); ++k) EXPECT_EQ(x.others[k].value, y.others[k].value);
  EXPECT_EQ(x.state.json().dump(), y.state.json().dump());
}

TEST(Hunt, threads_do_not_change_the_result) {
  const auto one = small_hunt("mxr:block=8 fp16", 16, 1300), two = small_hunt("mxr:block=8 fp16", 16, 1300);
  one->request.jobs = 1;
  two->request.jobs = 2;
  expect_equal(hunt(one->request), hunt(two->request));
}

TEST(Hunt, a_resumed_hunt_equals_an_uninterrupted_one) {
  const auto whole = small_hunt("mch fp16", 16, 1800), first = small_hunt("mch fp16", 16, 1100);
  const HuntResult uninterrupted = hunt(whole->request), half = hunt(first->request);
  EXPECT_EQ(half.evaluations, 1100);
  whole->request.state = JsonValue(Json::parse(half.state.json().dump()));
  expect_equal(hunt(whole->request), uninterrupted);
}

TEST(Hunt, a_state_of_another_hunt_is_refused) {
  const auto small = small_hunt("mch fp16", 16, 600);
  small->request.state = hunt(small->request).state;
  small->request.seed = 2;
  EXPECT_THROW(hunt(small->request), UsageError);
}

TEST(Hunt, a_damaged_state_is_refused_with_the_name_of_its_file) {
  const auto small = small_hunt("mch fp16", 16, 600);
  const Json state = hunt(small->request).state.json();
  small->request.state_place = "h.json: state";
  for (const char* key : {"schema", "request", "round", "evaluations", "credit", "strategies", "inputs"}) {
    for (const bool missing : {true, false}) {
      Json damaged = state;
      damaged.erase(key);
      if (!missing) damaged[key] = Json{{"x", 1}};
      small->request.state = JsonValue(damaged);
      try {
        hunt(small->request);
        ADD_FAILURE() << key;
      } catch (const UsageError& error) {
        const std::string message = error.what();
        EXPECT_TRUE(message.starts_with("h.json: state: ")) << message;
        EXPECT_EQ(message.find("json.exception"), std::string::npos) << message;
      }
    }
  }
}

TEST(Hunt, a_state_with_other_shapes_or_counts_is_refused) {
  const auto small = small_hunt("mch fp16", 16, 600);
  const Json state = hunt(small->request).state.json();
  small->request.state_place = "h.json: state";
  const auto refusal = [&](const std::string& path, const Json& value) {
    Json damaged = state;
    damaged[Json::json_pointer(path)] = value;
    small->request.state = JsonValue(damaged);
    try {
      hunt(small->request);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string keys = "/inputs/0/tokens/k";
  const auto columns = state[Json::json_pointer(keys + "/columns")].get<std::int64_t>();
  for (const Json& rows : {Json(-1), Json(1e300), Json(4294967312), Json(2000000000), Json(15)})
    EXPECT_TRUE(refusal(keys + "/rows", rows).starts_with("h.json: state: k")) << refusal(keys + "/rows", rows);
  EXPECT_TRUE(refusal("/inputs/0/tokens/q/rows", -5).starts_with("h.json: state: q: rows: found -5; allowed: "));
  // As many values in another shape, and a tensor that the layer does not have.
  const Json flat{{"rows", 1}, {"columns", 16 * columns}, {"values", state[Json::json_pointer(keys + "/values")]}};
  EXPECT_NE(refusal(keys, flat).find("allowed: those of this hunt, k 16x"), std::string::npos) << refusal(keys, flat);
  EXPECT_NE(refusal("/inputs/0/tokens/extra", flat).find("extra 1x"), std::string::npos);
  for (const char* const count : {"/round", "/evaluations", "/strategies/0/improved", "/inputs/0/evaluation"}) {
    for (const Json& value : {Json(-1), Json(1e300), Json(0.5)})
      EXPECT_NE(refusal(count, value).find("allowed: a whole number from 0 to "), std::string::npos) << count;
  }
}

TEST(Hunt, a_budget_is_met_exactly) {
  for (const std::int64_t evaluations : {1, 7, 100, 513}) {
    const auto small = small_hunt("mbh fp16", 16, evaluations);
    const HuntResult result = hunt(small->request);
    EXPECT_EQ(result.evaluations, evaluations);
    std::int64_t sum = 0;
    for (const StrategyTally& tally : result.strategies) sum += tally.evaluations;
    EXPECT_EQ(sum, evaluations);
  }
}

TEST(Hunt, every_find_meets_the_constraints) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const auto small = small_hunt("mch fp16", 16, 700);
    small->request.seed = seed;
    small->request.only_random = seed % 2 == 0;
    InputSpace& space = small->request.space;
    space.rate = {0.05, 0.9};
    space.log_decay = {-0.5, -0.01};
    if (seed % 3 == 0) space.cosine = {-0.2, 0.6};
    if (seed % 3 == 1) space.key_format = space.rate_format = space.decay_format = format_of("bf16", "");
    if (seed == 5) space.condition = 3;
    const HuntResult result = hunt(small->request);
    ASSERT_TRUE(result.worst);
    EXPECT_EQ(violation(space, result.worst->tokens), "") << seed;
    for (const HuntFind& find : result.others) EXPECT_EQ(violation(space, find.tokens), "") << seed;
  }
}

TEST(Hunt, channel_gates_and_other_rules_are_searched_too) {
  for (const char* rule : {"kda", "gdn2", "rwkv7", "comba", "pgdn", "delta-net"}) {
    const auto small = small_hunt("mch bf16", 16, 600);
    small->request.space = rule_space(delta_rule(rule), 16, 16, false, "");
    const HuntResult result = hunt(small->request);
    ASSERT_TRUE(result.worst) << rule;
    EXPECT_EQ(violation(small->request.space, result.worst->tokens), "") << rule;
    EXPECT_GT(result.worst->value, 0.5) << rule;
  }
}

TEST(Hunt, mch_in_fp16_is_wrong_by_half_from_random_starts) {
  const auto small = small_hunt("mch fp16", 16, 4000);
  const HuntResult result = hunt(small->request);
  EXPECT_GE(result.worst->value, 0.5);
  EXPECT_EQ(result.worst->record().total_frobenius.value, result.worst->value);
}

TEST(Hunt, three_rounds_fail_where_four_hold) {
  const auto small = small_hunt("vllm-gdn-sm100", 64, 1536, "ratio", "vllm-gdn-sm100:rounds=4");
  const HuntResult result = hunt(small->request);
  EXPECT_GT(result.worst->value, 1e3);
  const auto four = small_hunt("vllm-gdn-sm100:rounds=4", 64, 1);
  EXPECT_GT(total_error(*small, result.worst->tokens), 1);
  EXPECT_LT(total_error(*four, result.worst->tokens), 0.05);
}

TEST(Hunt, mxr_is_100_times_worse_than_on_independent_keys) {
  const auto small = small_hunt("mxr fp16", 32, 2048);
  const HuntResult result = hunt(small->request);
  EXPECT_GT(result.worst->value, 100 * median_error(*small, "gdn:keys=independent", 16));
}

TEST(Hunt, an_overflow_is_found_and_is_the_worst_of_all) {
  const auto small = small_hunt("mch fp16", 32, 2048);
  const HuntResult result = hunt(small->request);
  EXPECT_EQ(result.worst->value, infinity);
  EXPECT_EQ(result.worst->record().status, Status::nonfinite);
  ASSERT_TRUE(result.worst_finite);
  EXPECT_TRUE(std::isfinite(result.worst_finite->value));
  EXPECT_GT(result.worst_finite->value, 1);
}

TEST(Hunt, a_stable_method_gives_nothing) {
  const auto small = small_hunt("row-substitution fp16", 16, 1024);
  const HuntResult result = hunt(small->request);
  EXPECT_TRUE(is_nothing(result));
  EXPECT_LT(worst_bound_ratio(result), normal_limit(small->request));
  EXPECT_GT(worst_bound_ratio(result), 0);
  EXPECT_FALSE(is_nothing(hunt(small_hunt("mch fp16", 16, 2048)->request)));
}

TEST(Hunt, it_stops_beyond_a_value) {
  const auto small = small_hunt("mxr fp16", 16, 1 << 20);
  small->request.stop_at = 0.05;
  const HuntResult result = hunt(small->request);
  EXPECT_LT(result.evaluations, 1 << 20);
  EXPECT_GT(result.worst->value, 0.05);
}

TEST(Hunt, draws_only_draw) {
  const auto small = small_hunt("mxr fp16", 16, 512);
  small->request.only_draws = true;
  const HuntResult result = hunt(small->request);
  for (const StrategyTally& tally : result.strategies) EXPECT_EQ(tally.evaluations, tally.name == "random" ? 512 : 0);
  EXPECT_LT(result.worst->value, hunt(small_hunt("mxr fp16", 16, 512)->request).worst->value);
}

TEST(Hunt, no_structure_is_given_where_starts_are_random) {
  for (const StrategyTally& tally : hunt(small_hunt("mxr fp16", 16, 2048)->request).strategies) {
    if (tally.name == "structured") {
      EXPECT_EQ(tally.evaluations, 0);
    }
  }
}

TEST(Hunt, a_method_that_refuses_the_gates_says_so) {
  const auto small = small_hunt("ungated fp32", 16, 64);
  small->request.space = rule_space(delta_rule("kda"), 16, 16, false, "");
  EXPECT_THROW(hunt(small->request), UsageError);
}

TEST(HuntState, tokens_come_back_from_json) {
  const auto small = small_hunt("mch fp16", 16, 64);
  const HuntResult result = hunt(small->request);
  const TokenInputs& tokens = result.worst->tokens;
  const TokenInputs again = tokens_of(Json::parse(json_of(tokens).dump()), small->request.space);
  EXPECT_EQ(again.keys, tokens.keys);
  EXPECT_EQ(again.log_decay, tokens.log_decay);
  EXPECT_EQ(again.parts, tokens.parts);
}

TEST(TokenSource, its_matrices_are_those_of_the_inputs) {
  const InputSpace space = rule_space(delta_rule("gdn"), 16, 16, false, "");
  TokenInputs tokens = blank_tokens(space);
  ASSERT_TRUE(settle(space, tokens));
  const auto source = token_source({tokens, tokens});
  EXPECT_EQ(source->count(16), 2);
  EXPECT_EQ(source->count(32), 0);
  EXPECT_EQ(source->problem(16, 1).a, delta_rule_matrix(tokens));
  EXPECT_EQ(source->problem(8, 0).a.rows(), 8);
}

}  // namespace
}  // namespace tristab::hunt_test
