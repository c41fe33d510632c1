// Recipe files: what they must hold, what is refused and how, parameters, stages, sizes.
#include "tristab/recipe/recipe.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include "support/given_tokens.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::recipe_test {

namespace fs = std::filesystem;

// The rows of the table of shipped kernels.
const char* const kRows[] = {"fla-solve-tril",
                             "fla-gdn-fused",
                             "fla-kda",
                             "fla-dplr",
                             "hf-transformers",
                             "llama-cpp",
                             "flashinfer-gdn-sm90",
                             "flashinfer-gdn-sm100",
                             "flashinfer-kda-bt16",
                             "flashkda-v1",
                             "flashkda-v2",
                             "cula-kda-sm90",
                             "cula-kda-sm100",
                             "vllm-gdn-sm100",
                             "flashqla",
                             "tileops",
                             "pto-rec-unroll",
                             "pto-rec-unroll-kept",
                             "pto-trick",
                             "pto-newton-schulz",
                             "pto-column-sweep",
                             "megagdn-doubling-128",
                             "megagdn-split",
                             "tilelang-ascend",
                             "aiter-v1",
                             "aiter-v2",
                             "tt-metal-doubling",
                             "tt-metal-ps",
                             "tt-metal-horner",
                             "tt-metal-nested",
                             "maxtext-ladder",
                             "maxtext-pallas",
                             "attention-gym-kda",
                             "cudnn-kda",
                             "fla-gdn",
                             "fla-dplr-tilelang",
                             "flashinfer-kda-m128",
                             "mlx-gdn-nax",
                             "sglang-jax-gdn",
                             "tpu-gaussian",
                             "tpu-newton-schulz",
                             "tt-metal-solve",
                             "qualcomm-int16",
                             "qualcomm-int8",
                             "tcu-exact"};

Recipe one(const Json& given) { return expand_recipe(given, "kernels[0]", "").front(); }

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "was accepted";
  return "";
}

void expect_mentions(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << message << " lacks " << part;
}

TEST(Recipe, every_row_of_the_table_is_there_and_explains_itself) {
  std::set<std::string> names;
  for (const RecipeEntry& entry : recipe_entries()) names.insert(entry.description.name);
  for (const char* row : kRows) {
    EXPECT_TRUE(names.contains(row)) << row;
    const Recipe recipe = one(row);
    EXPECT_EQ(recipe.name, row);
    EXPECT_FALSE(recipe.phases.empty()) << row;
    EXPECT_FALSE(recipe.source.empty()) << row;
    EXPECT_FALSE(recipe.date.empty()) << row;
    EXPECT_TRUE(recipe.arithmetics.contains("*")) << row;
  }
}

// The machine's answer is finite and near the exact inverse on a matrix that decays away from the diagonal,
// in every choice of every parameter.
TEST(Recipe, every_choice_of_every_recipe_inverts_a_mild_matrix) {
  for (const RecipeEntry& entry : recipe_entries()) {
    Json given{{"kernel", entry.description.name}};
    for (const Parameter& parameter : entry.description.parameters) given[parameter.name] = parameter.choices;
    for (const Recipe& recipe : expand_recipe(given, "test", "")) {
      for (const int n : recipe.chunks.empty() ? std::vector<int>{48} : recipe.chunks) {
        SCOPED_TRACE(recipe.label + " n = " + std::to_string(n));
        Matrix a(n, n);
        for (int i = 0; i < n; ++i) {
          for (int j = 0; j < i; ++j) a(i, j) = std::ldexp(0.1 * (1 + (i * 7 + j * 3) % 5), -(i - j));
        }
        a = round_input(a, recipe.summary_arithmetic);
        Machines machines;
        const StageArithmetics stages = recipe.stages();
        // For what inverts without decay: the same matrix as one without decay.
        const TokenInputs tokens = given_tokens(a, 0);
        const Inversion inversion = invert(recipe.method, stages, {a, &tokens}, machines.machine_for(stages));
        double largest = 0;  // of (I + A) X - I
        for (int i = 0; i < n; ++i) {
          for (int j = 0; j < n; ++j) {
            double sum = inversion.x(i, j) - (i == j ? 1 : 0);
            for (int k = 0; k < i; ++k) sum += a(i, k) * inversion.x(k, j);
            largest = std::max(largest, std::fabs(sum));
          }
        }
        EXPECT_LT(largest, 0.06);
        EXPECT_GT(largest, recipe.label == "tcu-exact" ? 0 : 1e-12) << "as if nothing were rounded";
      }
    }
  }
}

TEST(Recipe, every_built_in_recipe_says_how_it_is_known) {
  for (const RecipeEntry& entry : recipe_entries()) {
    const bool listed = std::any_of(knowledge().begin(), knowledge().end(),
                                    [&](const Knowledge& each) { return entry.known == each.name; });
    EXPECT_TRUE(listed) << entry.description.name << ": '" << entry.known << "'";
  }
}

TEST(Recipe, a_launch_changes_the_formation_and_leaves_exact_alone) {
  const Recipe h200 = one(Json{{"kernel", "fla-kda"}, {"launch", "h200"}});
  EXPECT_EQ(h200.formation.lanes, 16);
  EXPECT_EQ(h200.formation.scan, 4);
  EXPECT_EQ(h200.layer->scores.lanes, 16);
  EXPECT_EQ(one("fla-kda").formation.lanes, 32);
  const Recipe given = one(Json{{"kernel", "fla-kda"}, {"launch", "h200"}, {"formation", "exact"}});
  EXPECT_EQ(given.formation.kind, Formation::Kind::exact);
}

TEST(Recipe, a_choice_changes_the_stages_that_it_names) {
  EXPECT_EQ(one("fla-solve-tril").arithmetics.count("merge"), 0U);
  const Recipe tf32 = one(Json{{"kernel", "fla-solve-tril"}, {"dot", "tf32"}});
  EXPECT_EQ(tf32.arithmetics.at("merge").name, "tf32-h100");
  EXPECT_EQ(tf32.arithmetics.at("diagonal").vector.model, AccumulationModel::lanes);
  EXPECT_EQ(tf32.label, "fla-solve-tril:dot=tf32");
  EXPECT_EQ(one("fla-solve-tril").label, "fla-solve-tril");
  EXPECT_EQ(tf32.summary_arithmetic.name, "recipe");
  EXPECT_EQ(tf32.summary_arithmetic.settings.json()["merge"], "tf32-h100");
  const Recipe four = one(Json{{"kernel", "vllm-gdn-sm100"}, {"rounds", "4"}});
  EXPECT_EQ(four.method.settings.at("diagonal")["steps"], 4);
  EXPECT_EQ(expand_recipe(Json{{"kernel", "fla-solve-tril"}, {"dot", {"ieee", "tf32"}}}, "", "").size(), 2U);
}

TEST(Recipe, kernels_that_store_a_in_16_bits_form_it_or_take_it_as_given) {
  for (const auto& [kernel, storage] : {std::pair{"flashkda-v1", "fp16"},
                                        {"flashinfer-gdn-sm90", "fp16"},
                                        {"flashinfer-gdn-sm100", "bf16"},
                                        {"vllm-gdn-sm100", "bf16"}}) {
    const Recipe forming = one(kernel);
    EXPECT_EQ(forming.formation.kind, Formation::Kind::gram) << kernel;
    ASSERT_TRUE(forming.formation.storage.has_value()) << kernel;
    EXPECT_EQ(forming.formation.storage->name, storage) << kernel;
    EXPECT_EQ(forming.arithmetics.at("*").operand.name, storage) << kernel;  // so that it is rounded once
    EXPECT_EQ(one(Json{{"kernel", kernel}, {"formation", "exact"}}).formation.kind, Formation::Kind::exact);
  }
  EXPECT_TRUE(one("flashkda-v1").formation.stored_steps);  // fl16(fl16(k k^T) fl16(beta))
}

TEST(Recipe, sizes_are_those_of_the_kernel) {
  EXPECT_TRUE(one("fla-solve-tril").takes(32));
  EXPECT_FALSE(one("fla-solve-tril").takes(128));
  EXPECT_TRUE(one("tcu-exact").takes(100));
}

TEST(Recipe, unknown_names_are_refused_with_the_nearest) {
  expect_mentions(refusal([] { one("fla-solve-trl"); }), {"kernels[0]", "did you mean 'fla-solve-tril'?"});
  expect_mentions(refusal([] {
                    one(Json{{"kernel", "fla-solve-tril"}, {"dott", "tf32"}});
                  }),
                  {"dott", "did you mean 'dot'?"});
  expect_mentions(refusal([] { one(Json{{"kernel", "fla-solve-tril"}, {"dot", "tf33"}}); }), {"tf33", "tf32x3"});
  expect_mentions(refusal([] { one(Json(3)); }), {"kernels[0]", "3"});
}

class UserRecipe : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() / ("tristab-recipe-" + std::to_string(::getpid()));
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }
  // The recipe with one key replaced (or, with a null value, removed).
  Recipe changed(const char* key, const Json& value) {
    Json recipe = Json::parse(R"({"kernel": "mine", "summary": "s", "source": "here", "date": "2026-11",
      "chunks": [16], "method": {"method": "mxr", "block": 8},
      "arithmetic": {"*": "fp16", "merge": "bf16-h100"}, "phases": ["p"]})");
    if (value.is_null()) {
      recipe.erase(key);
    } else {
      recipe[key] = value;
    }
    std::ofstream(directory_ / "mine.json") << recipe.dump();
    return expand_recipe(Json("mine.json"), "kernels[0]", directory_).front();
  }
  fs::path directory_;
};

TEST_F(UserRecipe, is_a_file_relative_to_the_configuration) {
  const Recipe recipe = changed("date", "2026-12");
  EXPECT_EQ(recipe.name, "mine");
  EXPECT_EQ(recipe.arithmetics.at("merge").name, "bf16-h100");
  EXPECT_EQ(recipe.label, "mine");
  EXPECT_THROW(expand_recipe(Json("absent.json"), "kernels[0]", directory_), InputError);
}

TEST_F(UserRecipe, needs_only_a_method_and_arithmetics) {
  std::ofstream(directory_ / "short.json") << R"({"method": "mbh", "arithmetic": {"*": "fp16"}})";
  const Recipe recipe = expand_recipe(Json("short.json"), "kernels[0]", directory_).front();
  EXPECT_EQ(recipe.name, "short");
  EXPECT_EQ(recipe.source, "");
  // What a result stores can be run again.
  const Json stored = recipe.json("kernel");
  EXPECT_EQ(expand_recipe(stored, "kernels[0]", directory_).front().json("kernel"), stored);
  EXPECT_FALSE(recipe.is_builtin());
  EXPECT_TRUE(one("fla-solve-tril").is_builtin());
}

// Of a result it must be known that it is not of the recipe that the file holds now.
TEST_F(UserRecipe, is_stored_with_a_hash_of_what_it_says) {
  const std::string given = changed("date", "2026-12").given;
  EXPECT_EQ(given.substr(0, 10), "mine.json@");
  EXPECT_EQ(given.size(), 18u);
  EXPECT_EQ(changed("source", "another").given, given);  // prose
  EXPECT_EQ(expand_recipe(Json(given), "require", directory_).front().given, given);
  std::string others = given;
  for (const auto& [key, value] : {std::pair<std::string, Json>{"method", "mbh"},
                                   {"chunks", {32}},
                                   {"layer", "fp16"},
                                   {"formation", "gram"},
                                   {"arithmetic", {{"*", "fp16"}}}}) {
    const std::string other = changed(key.c_str(), value).given;
    EXPECT_EQ(others.find(other), std::string::npos) << key;
    others += " " + other;
    try {
      expand_recipe(Json(given), "require", directory_);
      ADD_FAILURE() << key;
    } catch (const InputError& error) {
      expect_mentions(error.what(), {"require: ", "mine.json: found a recipe that was changed",
                                     "the recipe as it was, or mine.json without @"});
    }
  }
}

TEST_F(UserRecipe, every_missing_key_is_named_at_once) {
  std::ofstream(directory_ / "empty.json") << "{}";
  expect_mentions(refusal([&] { expand_recipe(Json("empty.json"), "kernels[0]", directory_); }),
                  {"empty.json: found no method, no arithmetic; allowed: a recipe such as"});
}

TEST_F(UserRecipe, mistakes_are_named_with_file_and_key) {
  expect_mentions(refusal([&] { changed("methd", "mxr"); }), {"mine.json", "methd", "did you mean 'method'?"});
  expect_mentions(refusal([&] { changed("summary", ""); }), {"mine.json: summary", "allowed: a text"});
  expect_mentions(refusal([&] { changed("known", "sourc"); }), {"mine.json: known", "sourc", "did you mean 'source'?"});
  expect_mentions(refusal([&] { changed("arithmetic", Json{{"merge", "fp16"}}); }), {"mine.json", "arithmetic", "*"});
  expect_mentions(refusal([&] {
                    changed("arithmetic", Json{{"*", "fp16"}, {"merg", "fp16"}});
                  }),
                  {"mine.json", "merg", "did you mean 'merge'?"});
  expect_mentions(refusal([&] { changed("arithmetic", Json{{"*", "fp15"}}); }), {"mine.json", "fp15", "fp16"});
  expect_mentions(refusal([&] {
                    changed("method", Json{{"method", "mxr"}, {"block", {8, 16}}});
                  }),
                  {"mine.json", "method", "one setting"});
  expect_mentions(
      refusal([&] { changed("parameters", Json::parse(R"({"dot": {"default": "c", "choices": {"a": {}}}})")); }),
      {"mine.json", "dot.default"});
  for (const Json& phases : {Json("x"), Json{1}, Json{{"a", "b"}}})
    expect_mentions(refusal([&] { changed("phases", phases); }), {"mine.json: phases", "allowed: a list of texts"});
  expect_mentions(refusal([&] {
                    changed("parameters", Json::parse(R"({"dot": {"default": "a", "help": 1, "choices": {"a": {}}}})"));
                  }),
                  {"mine.json: parameters.dot: help", "allowed: a text"});
  for (const auto& [text, found] : {std::pair{R"({"kernel": 1e999})", "1e999"},
                                    std::pair{R"({"date": "a", "date": "b"})", "date: the key is given twice"}}) {
    std::ofstream(directory_ / "mine.json") << text;
    expect_mentions(refusal([&] { expand_recipe(Json("mine.json"), "kernels[0]", directory_); }), {"mine.json", found});
  }
  std::ofstream(directory_ / "mine.json") << "{";
  expect_mentions(refusal([&] { expand_recipe(Json("mine.json"), "kernels[0]", directory_); }), {"mine.json", "JSON"});
}

}  // namespace tristab::recipe_test
