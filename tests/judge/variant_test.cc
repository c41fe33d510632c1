#include "tristab/judge/variant.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tristab/arithmetic/presets.h"
#include "tristab/base/json.h"
#include "tristab/judge/variant_search.h"

namespace tristab::variant_test {
namespace {

const LayerArithmetic& bf16_layer() {
  static const LayerArithmetic layer = make_layer_arithmetic(Json("bf16"), "");
  return layer;
}

std::vector<Recipe> listed() {
  std::vector<Recipe> all;
  for (const RecipeEntry& entry : recipe_entries())
    all.push_back(expand_recipe(entry.description.name, "", "").front());
  return all;
}

int size_of(const Recipe& recipe) { return recipe.chunks.empty() ? 64 : recipe.chunks.back(); }

// What the recipe computes, as text.
std::string meaning(const Recipe& recipe) {
  std::string text = recipe.method.json("method").dump() + recipe.formation.json("formation").dump();
  for (const auto& [stage, arithmetic] : recipe.arithmetics) text += stage + arithmetic.json("arithmetic").dump();
  return recipe.layer ? text + recipe.layer->json().dump() : text;
}

std::vector<Edit> all_edits(const Recipe& recipe) {
  std::vector<Edit> edits = inverse_edits(recipe, size_of(recipe));
  for (Edit& edit : formation_edits(recipe)) edits.push_back(std::move(edit));
  for (Edit& edit : layer_edits(recipe, bf16_layer())) edits.push_back(std::move(edit));
  return edits;
}

TEST(Variants, each_edit_gives_another_recipe) {
  for (Recipe recipe : listed()) {
    if (!recipe.layer) recipe.layer = bf16_layer();
    const std::string before = meaning(recipe);
    std::set<std::string> texts;
    int made = 0;
    const std::vector<Edit> edits = all_edits(recipe);
    for (const Edit& edit : edits) {
      EXPECT_TRUE(texts.insert(edit.text).second) << recipe.name << ": " << edit.text;
      const Edit* one = &edit;
      const std::optional<Recipe> changed = edited(recipe, {&one, 1});
      if (!changed) continue;
      ++made;
      EXPECT_NE(changed->label, recipe.label);
      EXPECT_NE(changed->label.find(edit.text), std::string::npos) << edit.text;
      EXPECT_TRUE(meaning(*changed) != before) << recipe.name << ": " << edit.text;
    }
    EXPECT_GT(made, static_cast<int>(edits.size()) / 2) << recipe.name;
  }
}

TEST(Variants, no_edit_is_no_change) {
  for (const Recipe& recipe : listed()) {
    const std::optional<Recipe> same = edited(recipe, {});
    ASSERT_TRUE(same) << recipe.name;
    EXPECT_EQ(meaning(*same), meaning(recipe)) << recipe.name;
    EXPECT_EQ(same->label, recipe.label);
  }
}

TEST(Variants, benign_edits_keep_every_format) {
  for (const Recipe& recipe : listed()) {
    for (const Edit& edit : all_edits(recipe)) {
      if (!edit.benign) continue;
      const Edit* one = &edit;
      const std::optional<Recipe> changed = edited(recipe, {&one, 1});
      if (!changed) continue;
      for (const auto& [stage, arithmetic] : changed->arithmetics) {
        const auto found = recipe.arithmetics.find(stage);
        const Arithmetic& before = found != recipe.arithmetics.end() ? found->second : recipe.arithmetics.at("*");
        EXPECT_EQ(arithmetic.operand.precision, before.operand.precision) << recipe.name << ": " << edit.text;
        EXPECT_EQ(arithmetic.storage.precision, before.storage.precision) << recipe.name << ": " << edit.text;
      }
    }
  }
}

TEST(Variants, what_a_recipe_says_of_storage_and_sums_is_kept_or_the_edit_is_not_benign) {
  std::map<std::string, Arithmetic, std::less<>> arithmetics;
  arithmetics.emplace("*", expand_arithmetic(Json{{"arithmetic", "fp16"}, {"accumulate", "fp16"}}, "").front());
  const LayerArithmetic layer = make_layer_arithmetic(Json{{"arithmetic", "bf16-h100"}, {"storage", "fp32"}}, "");
  const Recipe recipe =
      recipe_of(expand_method(Json("row-substitution"), "").front(), std::move(arithmetics), Formation(), layer, "");
  int units = 0;
  for (const Edit& edit : all_edits(recipe)) {
    if (edit.part == Edit::Part::arithmetic && edit.change.json().value("arithmetic", "").starts_with("fp16-")) {
      EXPECT_FALSE(edit.benign) << edit.text;
      ++units;
    }
    if (edit.part != Edit::Part::layer || !edit.benign) continue;
    const Edit* one = &edit;
    const std::optional<Recipe> changed = edited(recipe, {&one, 1});
    ASSERT_TRUE(changed) << edit.text;
    EXPECT_EQ(changed->layer->products.storage.name, "fp32") << edit.text;
  }
  EXPECT_GT(units, 3);
}

TEST(Variants, degrees_and_terms_are_never_benign) {
  const Recipe recipe = expand_recipe("qualcomm-int8", "", "").front();
  for (const Edit& edit : inverse_edits(recipe, 64)) {
    if (edit.part == Edit::Part::method) {
      EXPECT_FALSE(edit.benign) << edit.text;
    }
  }
}

TEST(Variants, orders_of_sums_are_benign_and_formats_are_not) {
  const Recipe recipe = expand_recipe("fla-solve-tril", "", "").front();
  std::map<std::string, bool> benign;
  for (const Edit& edit : inverse_edits(recipe, 64)) benign[edit.text] = edit.benign;
  for (const char* text :
       {"association=right", "sum=separate", "merge: not fused", "diagonal: sums over lanes 8f,4,2,1"}) {
    ASSERT_TRUE(benign.contains(text)) << text;
    EXPECT_TRUE(benign[text]) << text;
  }
  for (const char* text : {"merge: tf32-h100", "merge: bf16", "output: bf16", "block=8", "merge: stored in bf16"}) {
    ASSERT_TRUE(benign.contains(text)) << text;
    EXPECT_FALSE(benign[text]) << text;
  }
}

TEST(Variants, edits_of_one_subject_exclude_each_other) {
  const Recipe recipe = expand_recipe("fla-gdn-fused", "", "").front();
  const std::vector<Edit> edits = inverse_edits(recipe, 64);
  const auto subject = [&](const std::string& text) {
    const auto found = std::ranges::find(edits, text, &Edit::text);
    return found == edits.end() ? "no " + text : found->subject();
  };
  EXPECT_EQ(subject("merge: tf32-a100"), subject("merge: tf32-cdna3"));
  EXPECT_NE(subject("merge: tf32-a100"), subject("sum=separate"));
  EXPECT_NE(subject("association=right"), subject("sum=separate"));
}

TEST(Variants, one_machine_may_stand_in_every_stage) {
  const Recipe recipe = expand_recipe("aiter-v1", "", "").front();  // bf16-cdna3 in two stages
  int both = 0;
  for (const Recipe& variant : benign_variants(recipe, 64, bf16_layer()))
    both +=
        variant.arithmetics.at("diagonal").name == "bf16-a100" && variant.arithmetics.at("merge").name == "bf16-a100";
  EXPECT_EQ(both, 1);
}

TEST(Variants, every_recipe_has_benign_ones) {
  for (const Recipe& recipe : listed()) {
    const std::vector<Recipe> variants = benign_variants(recipe, size_of(recipe), bf16_layer());
    if (recipe.name.starts_with("qualcomm")) continue;  // sums of integers are exact
    EXPECT_GE(variants.size(), 4u) << recipe.name;
  }
}

TEST(Variants, other_choices_are_those_of_the_recipe) {
  std::set<std::string> labels;
  for (const Recipe& other : other_choices(expand_recipe("fla-kda", "", "").front())) labels.insert(other.label);
  EXPECT_TRUE(labels.contains("fla-kda:launch=h200") ||
              std::ranges::any_of(labels, [](const std::string& each) { return each.ends_with("launch=h200"); }));
}

// A search over recipes whose distance is the number of elements that a made-up kernel differs in.
TEST(VariantSearch, finds_two_edits_at_once) {
  const Recipe base = expand_recipe("fla-solve-tril", "", "").front();
  const std::vector<Edit> edits = inverse_edits(base, 64);
  const auto at = [&](const char* text) { return &*std::ranges::find(edits, std::string(text), &Edit::text); };
  const Edit* wanted[] = {at("merge: tf32-h100"), at("association=right")};
  const std::string target = meaning(*edited(base, wanted));
  const std::string one = meaning(*edited(base, {wanted, 1})), other = meaning(*edited(base, {wanted + 1, 1}));
  const BitDistance distance = [&](const Recipe& recipe, bool) {
    const std::string now = meaning(recipe);
    BitDifferences differences;
    differences.elements = 100;
    differences.differing = now == target ? 0 : now == one ? 10 : now == other ? 20 : 50;
    return differences;
  };
  SearchSpace space{.bases = {base}, .declared = true, .n = 64, .limit = 4000, .edits = [](const Recipe& recipe) {
                      return inverse_edits(recipe, 64);
                    }};
  const VariantSearch found = search_variants(space, distance);
  ASSERT_TRUE(found.equal());
  EXPECT_EQ(found.found.front().edits.size(), 2u);
  EXPECT_EQ(meaning(found.found.front().recipe), target);
  EXPECT_FALSE(found.found.front().benign) << "merges in tf32";
  space.limit = 10;
  EXPECT_FALSE(search_variants(space, distance).equal());
}

TEST(VariantSearch, only_orders_of_the_declared_kernel_are_benign) {
  const Recipe base = expand_recipe("fla-solve-tril", "", "").front();
  const Recipe other = expand_recipe("tpu-gaussian", "", "").front();
  const std::vector<Edit> edits = inverse_edits(base, 64);
  const Edit* wanted[] = {&*std::ranges::find(edits, std::string("association=right"), &Edit::text)};
  const std::string reordered = meaning(*edited(base, wanted)), foreign = meaning(other);
  for (const bool declared : {true, false}) {
    for (const std::string& target : {reordered, foreign}) {
      const BitDistance distance = [&](const Recipe& recipe, bool) {
        BitDifferences differences;
        differences.elements = 100;
        differences.differing = meaning(recipe) == target ? 0 : 50;
        return differences;
      };
      const VariantSearch found =
          search_variants({.bases = {base, other},
                           .declared = declared,
                           .n = 64,
                           .limit = 4000,
                           .edits = [](const Recipe& recipe) { return inverse_edits(recipe, 64); }},
                          distance);
      ASSERT_TRUE(found.equal());
      EXPECT_EQ(found.found.front().benign, declared && target == reordered) << found.found.front().recipe.label;
    }
  }
}

}  // namespace
}  // namespace tristab::variant_test
