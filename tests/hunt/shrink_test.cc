#include "tristab/hunt/shrink.h"

#include <gtest/gtest.h>

#include <atomic>

#include "hunt/hunt_support.h"
#include "tristab/base/json.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/sweep/field.h"

namespace tristab::shrink_test {
namespace {

const std::atomic<bool> never{false};

TEST(Shrink, a_find_stays_bad_and_gets_smaller) {
  const auto small = small_hunt("mxr:block=8 fp16", 32, 1536);
  const HuntResult found = hunt(small->request);
  const Shrunk shrunk = shrink(small->request, found.worst->tokens, 0.5, never);
  EXPECT_NEAR(shrunk.before.value, found.worst->value, 1e-12 * found.worst->value);
  EXPECT_GE(shrunk.after.value, 0.5 * shrunk.before.value);
  EXPECT_FALSE(shrunk.steps.empty());
  EXPECT_LE(survey_keys(shrunk.after.tokens).different, survey_keys(found.worst->tokens).different);
  EXPECT_LT(shrunk.after.tokens.keys.columns(), 16);
  // Evaluated again as it is.
  const HuntFind again = evaluate_again(small->request, completed(shrunk.after.tokens, 32));
  EXPECT_EQ(again.value, shrunk.after.value);
}

TEST(Shrink, an_overflow_stays_one) {
  const auto small = small_hunt("mch fp16", 32, 2048);
  const HuntResult found = hunt(small->request);
  ASSERT_EQ(found.worst->value, infinity);
  const Shrunk shrunk = shrink(small->request, found.worst->tokens, 0.5, never);
  EXPECT_EQ(shrunk.after.value, infinity);
  EXPECT_EQ(survey_keys(shrunk.after.tokens).different, 1);
  EXPECT_EQ(shrunk.after.tokens.keys.columns(), 1);
  ASSERT_FALSE(shrunk.families.empty());
  EXPECT_EQ(shrunk.families.front().value, infinity);
  EXPECT_NE(shrunk.families.front().label.find("keys=identical"), std::string::npos) << shrunk.families.front().label;
}

TEST(Shrink, rates_and_lengths_keep_their_ranges) {
  const auto small = small_hunt("mch bf16", 16, 700);
  small->request.space.rate = {0.2, 0.8};
  const HuntResult found = hunt(small->request);
  const Shrunk shrunk = shrink(small->request, found.worst->tokens, 0.5, never);
  for (const double rate : rate_of(shrunk.after.tokens).values()) EXPECT_TRUE(small->request.space.rate.holds(rate));
  for (int t = 0; t < shrunk.after.tokens.rows(); ++t) {
    double squares = 0;
    for (int d = 0; d < shrunk.after.tokens.keys.columns(); ++d)
      squares += shrunk.after.tokens.keys(t, d) * shrunk.after.tokens.keys(t, d);
    EXPECT_NEAR(squares, 1, 0x1p-5);
  }
}

TEST(Shrink, channel_gates_lose_their_channels_together) {
  const auto small = small_hunt("mch fp16", 16, 700);
  small->request.space = rule_space(delta_rule("kda"), 16, 16, false, "");
  const HuntResult found = hunt(small->request);
  const Shrunk shrunk = shrink(small->request, found.worst->tokens, 0.5, never);
  EXPECT_GE(shrunk.after.value, 0.5 * shrunk.before.value);
  EXPECT_EQ(shrunk.after.tokens.keys.columns(), shrunk.after.tokens.log_decay.columns());
}

TEST(Reproducer, five_lines_of_python) {
  const auto small = small_hunt("mch fp16", 32, 2048);
  const Shrunk shrunk = shrink(small->request, hunt(small->request).worst->tokens, 0.5, never);
  const std::vector<std::string> lines = pytorch_lines(shrunk.after.tokens);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "import torch");
  EXPECT_TRUE(lines[1].starts_with("k = torch.tensor([[")) << lines[1];
  EXPECT_TRUE(lines[4].starts_with("A = ")) << lines[4];
}

TEST(Reproducer, a_configuration_expects_what_was_found) {
  const auto small = small_hunt("flashkda-v1", 16, 700);
  const HuntResult found = hunt(small->request);
  const Json config = scenario_of(small->request, *found.worst, "worst.safetensors");
  EXPECT_EQ(config["families"][0]["path"], "worst.safetensors");
  EXPECT_EQ(config["kernels"][0]["kernel"], "flashkda-v1");
  EXPECT_EQ(config["expect"][0]["metric"], "total_frobenius");
  EXPECT_LE(config["expect"][0]["at_least"].get<double>(), found.worst->value);
}

}  // namespace
}  // namespace tristab::shrink_test
