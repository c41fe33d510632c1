#include "tristab/choose/front_search.h"

#include <gtest/gtest.h>

#include "tristab/base/json.h"

namespace tristab::front_search_test {
namespace {

const Hardware& h200() {
  static const Hardware hardware = find_hardware("h200", "");
  return hardware;
}

struct Inputs {
  explicit Inputs(const char* requirement, std::initializer_list<const char*> families, int n, int trials)
      : pool(scenario(requirement)) {
    for (const char* family : families) {
      const std::size_t group = pool.add_group({family, false});
      const auto source = open_source(expand_family(Json(family), "").front(), 1, trials, "", "");
      for (int k = 0; k < source->count(n); ++k) pool.add(group, source->problem(n, k));
    }
  }
  const Scenario& scenario(const char* requirement) {
    given.requirement = Requirement(requirement, "");
    return given;
  }
  Scenario given;
  InputPool pool;
};

SpaceRequest whole_space(int n) {
  SpaceRequest space;
  space.n = n;
  space.hardware = &h200();
  for (const HardwareUnit& unit : h200().matrix) {
    if (!unit.arithmetic.quantiser && unit.arithmetic.operand.bits >= 16) space.units.push_back(&unit);
  }
  space.outputs = {format_of("fp32", ""), format_of("bf16", ""), format_of("fp16", "")};
  return space;
}

std::vector<std::size_t> front_of(const SettingSpace& space, const InputPool& pool, bool exhaustive) {
  FrontSearch search(space.candidates(), pool);
  return search.front(exhaustive, {}, nullptr);
}

// Spaces of at least 2,000 settings each.
TEST(FrontSearch, equals_an_enumeration_without_pruning) {
  struct Case {
    const char* requirement;
    std::initializer_list<const char*> families;
    std::vector<const char*> methods;
    int n;
  };
  const Case cases[] = {
      {"4x-bf16", {"gdn", "gdn:keys=independent"}, {"mxr", "newton-schulz", "mch", "mbh"}, 16},
      {"1.5x-fp16", {"gdn:keys=clustered", "ones"}, {"residual-neumann"}, 16},
      {"total_frobenius<=1e-5", {"delta-net"}, {"neumann", "paterson-stockmeyer", "recursive", "mxr"}, 16},
  };
  for (const Case& each : cases) {
    SpaceRequest request = whole_space(each.n);
    for (const char* name : each.methods) {
      for (MethodSpec& spec : settings_of(find_method(name, ""), each.n, false, false))
        request.methods.push_back(std::move(spec));
    }
    request.recipes = false;
    const SettingSpace space(request);
    EXPECT_GE(space.candidates().size(), 2000U) << each.requirement;
    const Inputs pruned(each.requirement, each.families, each.n, 3), whole(each.requirement, each.families, each.n, 3);
    const std::vector<std::size_t> found = front_of(space, pruned.pool, false);
    EXPECT_EQ(found, front_of(space, whole.pool, true)) << each.requirement;
    EXPECT_FALSE(found.empty());
    EXPECT_LT(pruned.pool.evaluations(), whole.pool.evaluations() / 2) << each.requirement;
  }
}

TEST(FrontSearch, shares_fall_and_costs_rise_along_the_front) {
  SpaceRequest request = whole_space(16);
  request.methods = settings_of(find_method("mxr", ""), 16, false, false);
  request.recipes = false;
  const SettingSpace space(request);
  const Inputs inputs("4x-bf16", {"gdn"}, 16, 4);
  FrontSearch search(space.candidates(), inputs.pool);
  const std::vector<std::size_t> front = search.front(false, {}, nullptr);
  for (std::size_t k = 1; k < front.size(); ++k) {
    EXPECT_LT(search.state(front[k]).worst_share, search.state(front[k - 1]).worst_share);
    EXPECT_TRUE(search.costs_less(front[k - 1], front[k]));
  }
}

TEST(FrontSearch, an_added_input_can_only_take_away) {
  SpaceRequest request = whole_space(64);
  request.methods = expand_method(Json("mch"), "");
  request.recipes = false;
  const SettingSpace space(request);
  Inputs inputs("4x-bf16", {"gdn:keys=independent"}, 64, 2);
  FrontSearch search(space.candidates(), inputs.pool);
  const std::size_t before = search.front(false, {}, nullptr).back();
  EXPECT_LE(search.state(before).worst_share, 1);
  const auto ones = open_source(expand_family(Json("ones"), "").front(), 1, 1, "", "");
  inputs.pool.add(inputs.pool.add_group({"ones", false}), ones->problem(64, 0));
  for (const std::size_t k : search.front(false, {}, nullptr)) EXPECT_GT(search.state(k).worst_share, 1);
}

TEST(InputPool, shares_are_those_of_a_record) {
  const Inputs inputs("4x-bf16", {"gdn"}, 64, 2);
  SpaceRequest request = whole_space(64);
  request.methods = expand_method(Json("mxr"), "");
  request.recipes = false;
  const SettingSpace space(request);
  Machines machines;
  for (std::size_t k = 0; k < space.candidates().size(); k += 7) {
    const Candidate& candidate = space.candidates()[k];
    const Recipe recipe = candidate.recipe("mine", 64);
    MatrixResult result;
    result.id = inputs.pool.problem(0).id;
    MatrixEvaluation evaluation(inputs.given, 0, inputs.pool.problem(0), result);
    const Record record = evaluation.evaluate(Setting::of(recipe), machines);
    const Taken trial = inputs.pool.evaluate(candidate, 0);
    EXPECT_NEAR(trial.share, record.requirement_share.value, 1e-12 * trial.share) << candidate.label();
    EXPECT_EQ(trial.error, record.total_frobenius.value) << candidate.label();
  }
}

TEST(InputPool, other_requirements_take_the_share_of_the_record) {
  const Inputs inputs("row_relative<=1e-3", {"gdn"}, 16, 1);
  SpaceRequest request = whole_space(16);
  request.methods = expand_method(Json("mbh"), "");
  request.recipes = false;
  const SettingSpace space(request);
  const Taken trial = inputs.pool.evaluate(space.candidates().front(), 0);
  EXPECT_GT(trial.share, 0);
  EXPECT_EQ(inputs.pool.least_share(format_of("bf16", ""), 0), 0);
}

TEST(InputPool, an_inverse_that_is_the_identity_shows_nothing) {
  Inputs inputs("4x-bf16", {}, 16, 1);
  const auto zeros = open_source(expand_family(Json("zeros"), "").front(), 1, 1, "", "");
  EXPECT_FALSE(inputs.pool.add(inputs.pool.add_group({"zeros", false}), zeros->problem(16, 0)));
}

}  // namespace
}  // namespace tristab::front_search_test
