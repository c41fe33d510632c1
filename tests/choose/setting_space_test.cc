#include "tristab/choose/setting_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tristab/base/json.h"

namespace tristab::setting_space_test {
namespace {

const Hardware& h200() {
  static const Hardware hardware = find_hardware("h200", "");
  return hardware;
}

SpaceRequest request(int n) {
  SpaceRequest space;
  space.n = n;
  space.hardware = &h200();
  for (const HardwareUnit& unit : h200().matrix) {
    if (unit.arithmetic.name == "fp16-h200" || unit.arithmetic.name == "bf16-h200") space.units.push_back(&unit);
  }
  space.outputs = {format_of("fp32", ""), format_of("bf16", "")};
  return space;
}

bool has(const SettingSpace& space, const std::string& label) {
  return std::ranges::any_of(space.candidates(), [&](const Candidate& each) { return each.label() == label; });
}

TEST(SettingSpace, has_every_method_that_inverts_a_itself) {
  const SettingSpace space(request(64));
  std::set<std::string> found, wanted;
  for (const Candidate& each : space.candidates()) found.insert(each.method->name);
  for (const Method& method : methods()) {
    if (method.input == nullptr && method.solve == nullptr) wanted.insert(method.description.name);
  }
  EXPECT_TRUE(std::ranges::includes(found, wanted));
  EXPECT_GT(space.candidates().size(), 10000U);
}

TEST(SettingSpace, crosses_the_arithmetics_of_stages) {
  SpaceRequest only = request(64);
  only.methods = expand_method(Json("mxr:block=16"), "");
  only.recipes = false;
  const SettingSpace space(only);
  // Two stages, three units each (the vector unit is one), two formats of results.
  EXPECT_EQ(space.candidates().size(), 3U * 3 * 2);
  EXPECT_TRUE(has(space, "mxr, diagonal: fp32, merge: bf16-h200, output: bf16"));
  EXPECT_TRUE(has(space, "mxr fp16-h200, output: fp32"));
}

TEST(SettingSpace, stands_in_order_of_cost) {
  const SettingSpace space(request(32));
  EXPECT_TRUE(std::ranges::is_sorted(space.candidates(), {}, [](const Candidate& each) { return each.time.ns; }));
}

TEST(SettingSpace, keeps_a_in_the_widest_storage_of_the_stages) {
  SpaceRequest only = request(64);
  only.methods = expand_method(Json("mxr"), "");
  only.recipes = false;
  const SettingSpace space(only);
  for (const Candidate& each : space.candidates()) {
    int widest = 0;
    for (const char* stage : {"diagonal", "merge"}) widest = std::max(widest, each.stages.at(stage)->storage.bits);
    EXPECT_EQ(each.input().storage.bits, widest) << each.label();
  }
}

TEST(SettingSpace, computes_recipes_on_its_own_units) {
  const SettingSpace space(request(64));
  const auto aiter =
      std::ranges::find_if(space.candidates(), [](const Candidate& c) { return c.origin == "aiter-v2"; });
  ASSERT_NE(aiter, space.candidates().end());
  EXPECT_EQ(aiter->stages.at("merge")->name, "bf16-h200");  // bf16-cdna3 in the recipe
}

TEST(SettingSpace, changes_of_a_recipe_begin_with_the_recipe) {
  SpaceRequest fp = request(64);
  const Recipe vllm = expand_recipe(Json("vllm-gdn-sm100"), "", "").front();
  const SettingSpace space(fp, vllm);
  EXPECT_EQ(space.candidates().front().edits, 0);
  EXPECT_EQ(space.candidates().front().origin, "vllm-gdn-sm100");
  EXPECT_TRUE(has(space, "vllm-gdn-sm100, diagonal: steps=4"));
  EXPECT_TRUE(std::ranges::is_sorted(space.candidates(), {}, &Candidate::edits));
}

TEST(SettingSpace, tuned_numbers_take_every_value_up_to_16) {
  const std::vector<MethodSpec> specs = settings_of(find_method("residual-neumann", ""), 64, false, true);
  std::set<std::int64_t> orders;
  for (const MethodSpec& spec : specs) orders.insert(spec.settings.integer("order"));
  for (std::int64_t order = 1; order <= 16; ++order) EXPECT_TRUE(orders.contains(order)) << order;
  EXPECT_EQ(*orders.rbegin(), 64);
}

TEST(SettingSpace, static_scales_cover_what_the_calibration_shows) {
  SpaceRequest integers = request(16);
  integers.units = {h200().unit("int8")};
  integers.methods = expand_method(Json("mch"), "");
  integers.recipes = false;
  Matrix a(16, 16);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 1;
  }
  integers.calibration = {a};
  const SettingSpace space(integers);
  const auto found = std::ranges::find_if(
      space.candidates(), [](const Candidate& each) { return each.stages.at("powers")->quantiser.has_value(); });
  ASSERT_NE(found, space.candidates().end());
  // A^8 of ones has entries up to C(14, 7) = 3432, to the three digits of a scale.
  EXPECT_GE(found->stages.at("powers")->quantiser->static_amax, 3420);
  EXPECT_LE(found->stages.at("powers")->quantiser->static_amax, 3460);
}

// S (N + 1) = 32 > 16: powers of the residual are zero, and the scale of a zero tensor is 1.
TEST(SettingSpace, a_tensor_of_zeros_says_nothing_of_a_scale) {
  SpaceRequest integers = request(16);
  integers.units = {h200().unit("int8")};
  integers.methods = expand_method(Json("residual-neumann"), "");
  integers.recipes = false;
  Matrix a(16, 16);
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = 0.25;
  }
  integers.calibration = {a};
  const SettingSpace space(integers);
  for (const Candidate& each : space.candidates()) {
    for (const auto& [stage, arithmetic] : each.stages) {
      const double largest = arithmetic->quantiser ? arithmetic->quantiser->static_amax : 0;
      EXPECT_LT(largest, 100) << each.label();
    }
  }
}

TEST(Candidate, its_recipe_computes_the_same_setting) {
  SpaceRequest only = request(64);
  only.methods = expand_method(Json("mxr:block=8"), "");
  only.recipes = false;
  const SettingSpace space(only);
  const Candidate& first = space.candidates().front();
  const Recipe recipe = first.recipe("mine", 64);
  EXPECT_EQ(recipe.method.identity(), first.method->identity());
  for (const auto& [stage, arithmetic] : first.stages)
    EXPECT_EQ(recipe.arithmetics.at(stage).identity(), arithmetic->identity());
  EXPECT_TRUE(recipe.takes(64));
  EXPECT_FALSE(recipe.takes(32));
}

}  // namespace
}  // namespace tristab::setting_space_test
