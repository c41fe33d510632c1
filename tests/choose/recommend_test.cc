#include "tristab/choose/recommend.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::recommend_test {
namespace {

const Hardware& h200() {
  static const Hardware hardware = find_hardware("h200", "");
  return hardware;
}

struct Question {
  Question(const char* requirement, std::initializer_list<const char*> families) {
    scenario.requirement = Requirement(requirement, "");
    scenario.trials = 4;
    for (const char* family : families) scenario.families.push_back({expand_family(Json(family), "").front(), "", ""});
    request.scenario = &scenario;
    request.space.hardware = &h200();
    for (const HardwareUnit& unit : h200().matrix) {
      if (!unit.arithmetic.quantiser && unit.arithmetic.operand.bits >= 16) request.space.units.push_back(&unit);
    }
    request.space.outputs = {format_of("fp32", ""), format_of("bf16", ""), format_of("fp16", "")};
    request.evaluations = 600;
  }
  Recommendation answer(int n) {
    const std::atomic<bool> stop = false;
    return recommend(request, std::span(&n, 1), {}, stop).front();
  }
  Scenario scenario;
  RecommendRequest request;
};

void only(Question& question, std::initializer_list<const char*> methods) {
  for (const char* method : methods) {
    for (MethodSpec& spec : expand_method(Json(method), "")) question.request.space.methods.push_back(std::move(spec));
  }
  question.request.space.recipes = false;
}

TEST(Recommend, a_hunt_takes_out_what_the_inputs_do_not_show) {
  Question question("4x-bf16", {"gdn:keys=independent"});
  only(question, {"mch", "mxr:block=8"});
  question.request.hunts = false;
  const Recommendation trusting = question.answer(64);
  ASSERT_TRUE(trusting.winner.has_value());
  EXPECT_EQ(trusting.winner->candidate.method->name, "mch");
  question.request.hunts = true;
  const Recommendation hunted = question.answer(64);
  ASSERT_TRUE(hunted.winner.has_value());
  EXPECT_FALSE(hunted.hunts.front().survived());
  EXPECT_TRUE(hunted.hunts.back().survived());
  EXPECT_NE(hunted.winner->candidate.label(), trusting.winner->candidate.label());
  // On the inputs as given the cheaper one would do, and that is said.
  ASSERT_FALSE(hunted.would_do.empty());
  EXPECT_EQ(hunted.would_do.front().candidate.label(), trusting.winner->candidate.label());
}

TEST(Recommend, the_winner_meets_the_requirement_everywhere) {
  Question question("4x-bf16", {"gdn", "gdn:keys=independent"});
  only(question, {"mch", "mbh", "mxr:block=4/8", "newton-schulz"});
  const Recommendation found = question.answer(16);
  ASSERT_TRUE(found.winner.has_value());
  EXPECT_LE(found.winner->share, 1);
  EXPECT_GT(found.winner->margin_bits(), 0);
  for (const double share : found.winner->by_group) EXPECT_LE(share, 1);
  for (const ChosenSetting& cheaper : found.cheaper) {
    EXPECT_FALSE(cheaper.fits()) << cheaper.candidate.label();
    EXPECT_FALSE(cheaper.why.empty()) << cheaper.candidate.label();
  }
}

TEST(Recommend, the_margin_counts_what_was_hunted) {
  Question question("4x-bf16", {"gdn"});
  only(question, {"mbh", "mxr:block=4/8"});
  const Recommendation found = question.answer(64);
  ASSERT_TRUE(found.winner.has_value());
  for (const HuntNote& note : found.hunts) {
    if (note.setting != found.winner->candidate.label()) continue;
    EXPECT_GE(found.winner->share, note.share);
  }
}

TEST(Recommend, the_nearest_cheaper_settings_do_not_depend_on_pruning) {
  Question question("4x-bf16", {"gdn:keys=clustered"});
  only(question, {"mch", "mbh", "mxr:block=4/8", "newton-schulz:steps=6/7/8", "gauss-jordan"});
  question.request.hunts = false;
  const Recommendation pruned = question.answer(16);
  question.request.exhaustive = true;
  const Recommendation whole = question.answer(16);
  ASSERT_EQ(pruned.cheaper.size(), whole.cheaper.size());
  for (std::size_t k = 0; k < pruned.cheaper.size(); ++k)
    EXPECT_EQ(pruned.cheaper[k].share, whole.cheaper[k].share) << pruned.cheaper[k].candidate.label();
}

TEST(Recommend, nothing_meets_the_impossible) {
  Question question("total_frobenius<=1e-30", {"gdn"});
  only(question, {"mbh", "mxr"});
  question.request.hunts = false;
  EXPECT_FALSE(question.answer(16).winner.has_value());
}

TEST(Recommend, inputs_that_show_nothing_are_refused) {
  Question question("4x-bf16", {"zeros"});
  only(question, {"mbh"});
  EXPECT_THROW(question.answer(16), UsageError);
}

// vLLM PR 53864.
TEST(Recommend, from_three_rounds_it_proposes_a_fourth_or_less) {
  Question question("4x-bf16", {"gdn", "gdn:keys=clustered"});
  question.request.like = expand_recipe(Json("vllm-gdn-sm100:rounds=3"), "", "").front();
  question.request.evaluations = 300;
  const Recommendation found = question.answer(64);
  ASSERT_TRUE(found.winner.has_value());
  EXPECT_LE(found.winner->candidate.edits, 2);
  EXPECT_GE(found.winner->candidate.edits, 1);
}

TEST(Recommend, answers_do_not_depend_on_the_order_of_trying) {
  Question question("4x-bf16", {"gdn"});
  only(question, {"mch", "mbh", "mxr:block=4/8", "newton-schulz:steps=6/7/8"});
  question.request.evaluations = 400;
  const Recommendation first = question.answer(16);
  question.request.exhaustive = true;
  const Recommendation second = question.answer(16);
  ASSERT_TRUE(first.winner && second.winner);
  EXPECT_EQ(first.winner->candidate.label(), second.winner->candidate.label());
  ASSERT_EQ(first.front.size(), second.front.size());
  for (std::size_t k = 0; k < first.front.size(); ++k)
    EXPECT_EQ(first.front[k].candidate.label(), second.front[k].candidate.label());
}

}  // namespace
}  // namespace tristab::recommend_test
