#include "tristab/hunt/space.h"

#include <gtest/gtest.h>

#include <cmath>

#include "hunt/hunt_support.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/matrix/condition.h"
#include "tristab/matrix/keys/keys.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab::space_test {
namespace {

// Wild tokens: far outside of every range.
TokenInputs wild(const InputSpace& space, int seed) {
  const RandomStream random("wild " + std::to_string(seed));
  TokenInputs tokens = blank_tokens(space);
  const auto draw = [&](const char* part, Matrix& x) {
    random.part(part).fill_normal(0, x.values());
    for (double& value : x.values()) value *= 3;
  };
  draw("keys", directions_of(tokens));
  draw("rate", rate_of(tokens));
  draw("decay", tokens.log_decay);
  return tokens;
}

void expect_settled(const InputSpace& space, const char* what) {
  check_space(space, what);
  for (int seed = 0; seed < 20; ++seed) {
    TokenInputs tokens = wild(space, seed);
    ASSERT_TRUE(settle(space, tokens)) << what << " " << seed;
    EXPECT_EQ(violation(space, tokens), "") << what << " " << seed;
  }
}

InputSpace gdn_space(int n = 16, int dim = 16) { return rule_space(delta_rule("gdn"), n, dim, false, ""); }

TEST(InputSpace, every_rule_settles_to_its_ranges) {
  for (const DeltaRule& rule : delta_rules()) {
    if (rule.name == "dplr") continue;
    expect_settled(rule_space(rule, 16, 16, true, ""), rule.name.c_str());
  }
}

TEST(InputSpace, grids_are_met_exactly_inside_the_ranges) {
  InputSpace space = gdn_space();
  space.rate = {0.1, 0.9997};  // neither end is a number of bf16
  space.log_decay = {-0.3, -0.001};
  for (const char* name : {"bf16", "fp16"}) {
    space.key_format = space.rate_format = space.decay_format = format_of(name, "");
    expect_settled(space, name);
  }
}

TEST(InputSpace, cosines_stay_in_their_range) {
  InputSpace space = gdn_space(16, 32);
  for (const Range range : {Range{0.2, 1}, Range{-0.1, 0.5}, Range{0.6, 0.7}, Range{0.97, 1}, Range{-1, 0.3}}) {
    space.cosine = range;
    expect_settled(space, "cosines");
    space.key_format = format_of("bf16", "");
    if (range.high - range.low > 0.15) expect_settled(space, "cosines in bf16");
    space.key_format.reset();
  }
}

TEST(InputSpace, the_condition_number_is_met_to_its_tolerance) {
  InputSpace space = gdn_space();
  for (const double condition : {1.5, 4.0, 12.0}) {
    space.condition = condition;
    expect_settled(space, "condition");
    TokenInputs tokens = wild(space, 99);
    ASSERT_TRUE(settle(space, tokens));
    EXPECT_NEAR(condition_number_2(delta_rule_matrix(tokens)), condition, condition * 1e-4);
  }
}

TEST(InputSpace, only_the_first_row_of_a_token_decays) {
  InputSpace space = rule_space(delta_rule("delta-product"), 16, 16, true, "");
  space.steps = 2;
  expect_settled(space, "delta-product");
  TokenInputs tokens = wild(space, 1);
  ASSERT_TRUE(settle(space, tokens));
  for (int t = 1; t < 16; t += 2) EXPECT_EQ(tokens.log_decay(t, 0), 0);
}

TEST(InputSpace, what_is_settled_stays_as_it_is) {
  InputSpace space = gdn_space();
  space.key_format = format_of("bf16", "");
  TokenInputs tokens = wild(space, 3);
  ASSERT_TRUE(settle(space, tokens));
  EXPECT_EQ(violation(space, tokens), "");
  TokenInputs worse = tokens;
  rate_of(worse)(3, 0) = 1.5;
  EXPECT_EQ(violation(space, worse), "beta of token 3 is 1.5, allowed: 0 to 1");
  worse = tokens;
  worse.log_decay(2, 0) = 0.25;
  EXPECT_EQ(violation(space, worse), "g of token 2 is 0.25, allowed: -5 to 0");
  worse = tokens;
  for (int d = 0; d < 16; ++d) worse.keys(1, d) *= 2;
  EXPECT_NE(violation(space, worse).find("the length of key 1"), std::string::npos);
}

TEST(InputSpace, impossible_ranges_are_refused) {
  const auto refused = [](InputSpace space) {
    try {
      check_space(space, "space");
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  InputSpace space = gdn_space();
  space.rate = {0.5, 0.2};
  EXPECT_NE(refused(space).find("beta of 0.5:0.2"), std::string::npos);
  space = gdn_space();
  space.condition = 1e6;
  EXPECT_NE(refused(space).find("which these ranges reach"), std::string::npos) << refused(space);
  space = gdn_space(32, 16);
  space.cosine = {-1, 0.5};
  EXPECT_NE(refused(space).find("at least as many channels as keys"), std::string::npos);
  space = gdn_space();
  space.rate = {0.9999, 0.99995};
  space.rate_format = format_of("bf16", "");
  EXPECT_NE(refused(space).find("between two numbers"), std::string::npos);
  EXPECT_THROW(rule_space(delta_rule("dplr"), 16, 16, false, ""), UsageError);
}

InputSpace measured(const std::string& family) {
  return measured_space(*open_source(expand_family(Json(family), "").front(), 1, 8, "", ""), 16, "");
}

TEST(MeasuredSpace, a_family_gives_the_ranges_of_its_activations) {
  const InputSpace plain = measured("gdn:keys=positive:gate=constant:gate_value=-0.5");
  EXPECT_EQ(plain.rate, (Range{0, 1}));
  EXPECT_EQ(plain.log_decay.low, -5);
  EXPECT_EQ(plain.cosine.high, 1);
  EXPECT_GT(plain.cosine.low, 0.3);  // keys of positive elements
  EXPECT_FALSE(plain.key_format);
  EXPECT_EQ(measured("gdn:negative=true").rate, (Range{0, 2}));
  EXPECT_EQ(measured("gdn:key_format=bf16").key_format->name, "bf16");
  EXPECT_EQ(measured("delta-net").log_decay, (Range{0, 0}));
  EXPECT_GT(measured("gdn:keys=unnormalised").length.high, 1.5);
  EXPECT_LT(measured("gdn:gate=saturated").log_decay.low, -100);
}

TEST(MeasuredSpace, every_model_of_keys_leaves_room) {
  for (const KeyModel& model : key_models()) {
    for (const char* format : {"fp64", "bf16"})
      expect_settled(measured("gdn:keys=" + model.name + ":key_format=" + format), model.name.c_str());
  }
}

TEST(MeasuredSpace, a_trained_layer_is_inside_its_own_space) {
  Json file = {{"family", "file"}, {"path", TRISTAB_TEST_DATA "/gdnneg-slice.safetensors"}, {"layer", "layer6"}};
  const auto source = open_source(expand_family(file, "").front(), 1, 1, "", "");
  const InputSpace space = measured_space(*source, 64, "");
  EXPECT_EQ(space.rate, (Range{0, 2}));
  for (int index = 0; index < std::min(source->count(64), 8); ++index) {
    const Problem problem = source->problem(64, index);
    EXPECT_EQ(violation(space, *problem.tokens), "") << index;
  }
}

TEST(MeasuredSpace, matrices_without_keys_are_refused) { EXPECT_THROW(measured("uniform"), UsageError); }

}  // namespace
}  // namespace tristab::space_test
