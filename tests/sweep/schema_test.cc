#include "tristab/sweep/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/parsed_schema.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/family/family.h"
#include "tristab/sweep/plan.h"

namespace tristab::schema_test {

namespace fs = std::filesystem;

const fs::path source_directory = TRISTAB_SOURCE_DIR;

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

const ParsedSchema& parsed_sweep_schema() {
  static const ParsedSchema schema(sweep_schema());
  return schema;
}

// "" when the program takes the configuration, else what it says. Files are not opened.
std::string program_error(const Json& config) {
  try {
    make_config(config, {}, "x.json", "", "x");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

Json config_of(const std::string& key, const Json& value) {
  Json config = Json::parse(R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  config[key] = value;
  return config;
}

TEST(ValueSchema, ranges_enumerations_and_absence_are_said) {
  const Json block = value_schema(Parameter::integer("block", 16, 2, 256, "b"));
  EXPECT_EQ(block, Json::parse(R"({"type": "number", "multipleOf": 1.0, "minimum": 2, "maximum": 256})"));
  const Json eps = value_schema(Parameter::real("eps", nullptr, 0, 0.5, "e"));
  EXPECT_EQ(eps["anyOf"][0], Json::parse(R"({"type": "number", "minimum": 0, "maximum": 0.5})"));
  EXPECT_EQ(eps["anyOf"][1]["type"], "null");
  // The program takes the number 2 for the choice "2".
  EXPECT_EQ(value_schema(Parameter::choice("base", "2", {"e", "2"}, "b"))["enum"], Json({"e", "2", 2}));
  EXPECT_EQ(value_schema(Parameter::boolean("mask", true, "m"))["enum"], Json({true, false, "on", "off"}));
  Parameter steps = Parameter::integer("steps", "auto", 0, 64, "s");
  steps.automatic = true;
  EXPECT_EQ(value_schema(steps)["anyOf"][1]["const"], "auto");
}

// What an editor shows of a parameter, and the forms that its values take.
TEST(SweepSchema, help_is_kept_and_lists_and_ranges_are_allowed) {
  const Json method = sweep_schema()["definitions"]["method"];
  const auto object =
      std::ranges::find_if(method["anyOf"], [](const Json& form) { return form.contains("properties"); });
  ASSERT_NE(object, method["anyOf"].end());
  const Json block = (*object)["properties"]["block"];
  EXPECT_FALSE(block["description"].get<std::string>().empty());
  const auto takes = [](const char* value) {
    const Json method_of{{"method", "mxr"}, {"block", Json::parse(value)}};
    return parsed_sweep_schema().error(config_of("methods", Json::array({method_of}))).empty();
  };
  for (const char* value : {"8", "8.0", "[8]", "[8, 16]", R"("8:16:*2")", R"("8:16")"})
    EXPECT_TRUE(takes(value)) << value;
  for (const char* value : {"[]", "[8, 8]", "0", "1000", "8.5", "true", R"("8")"}) EXPECT_FALSE(takes(value)) << value;
}

TEST(SweepSchema, names_with_parameters_are_taken_as_they_are_typed) {
  const std::vector<std::pair<const char*, const char*>> typed{
      {"families", "gdn:keys=silu"},          {"methods", "mxr:block=8/16"},
      {"arithmetics", "e5m7-pure:fma=true"},  {"formations", "gram:product=bf16-h100"},
      {"kernels", "fla-solve-tril:dot=tf32"}, {"methods", R"({"method": "mxr", "block": 8})"}};
  for (const auto& [key, text] : typed) {
    const Json config = config_of(key, Json::array({text}));
    EXPECT_EQ(parsed_sweep_schema().error(config), "") << text;
    EXPECT_EQ(program_error(config), "") << text;
  }
  for (const auto& [key, text] : {std::pair{"families", "gnd:keys=silu"},
                                  {"methods", "mrx:block=8"},
                                  {"methods", "mx"},
                                  {"methods", "mxr8"},
                                  {"arithmetics", "bf61:fma=true"},
                                  {"arithmetics", "e10m3"},
                                  {"arithmetics", "fp16-pur"},
                                  {"formations", "gramm:product=bf16"},
                                  {"kernels", "fla-solve-trl:dot=tf32"}}) {
    const Json config = config_of(key, Json::array({text}));
    EXPECT_NE(parsed_sweep_schema().error(config), "") << text;
    EXPECT_NE(program_error(config), "") << text;
  }
}

TEST(SweepSchema, the_committed_copies_are_those_of_the_registries) {
  EXPECT_TRUE(read_text(source_directory / "configs/sweep.schema.json") == schema_text(sweep_schema()))
      << "tristab schema sweep > configs/sweep.schema.json";
  EXPECT_TRUE(read_text(source_directory / "configs/kernel.schema.json") == schema_text(kernel_schema()))
      << "tristab schema kernel > configs/kernel.schema.json";
}

TEST(SweepSchema, it_stays_small_enough_for_editors) { EXPECT_LT(schema_text(sweep_schema()).size(), 300000u); }

// Every file of a directory of configs is valid, and the schema that it names is there.
void expect_valid_files(const char* directory, const ParsedSchema& schema) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(source_directory / "configs" / directory)) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    const Json json = Json::parse(read_text(entry.path()));
    EXPECT_EQ(schema.error(json), "") << entry.path();
    const std::string named = json.value("$schema", std::string("."));
    EXPECT_TRUE(fs::exists(entry.path().parent_path() / named)) << entry.path();
  }
  EXPECT_GT(files, 0);
}

TEST(SweepSchema, every_sweep_of_the_repository_is_valid) { expect_valid_files("sweeps", parsed_sweep_schema()); }

TEST(SweepSchema, every_recipe_of_the_repository_is_valid) {
  expect_valid_files("kernels", ParsedSchema(kernel_schema()));
}

TEST(SweepSchema, wrong_recipes_are_rejected) {
  const ParsedSchema schema(kernel_schema());
  const Json good = Json::parse(read_text(source_directory / "configs/kernels/fla-solve-tril.json"));
  ASSERT_EQ(schema.error(good), "");
  const std::vector<std::pair<const char*, Json>> changes{{"/method/method", "blocked-substitutoin"},
                                                          {"/method/blok", 8},
                                                          {"/arithmetic/*", "fp17"},
                                                          {"/source", ""},
                                                          {"/chunks", 64},
                                                          {"/chunks/0", 1000},
                                                          {"/formations", "exact"},
                                                          {"/parameters/dot/def", "ieee"}};
  for (const auto& [path, value] : changes) {
    Json wrong = good;
    wrong[Json::json_pointer(path)] = value;
    EXPECT_NE(schema.error(wrong), "") << path;
  }
  for (const char* key : {"method", "arithmetic"}) {
    Json wrong = good;
    wrong.erase(key);
    EXPECT_NE(schema.error(wrong), "") << key;
  }
  for (const char* key : {"kernel", "summary", "source", "date", "phases"}) {
    Json own = good;
    own.erase(key);
    EXPECT_EQ(schema.error(own), "") << key;
  }
}

// The JSON blocks of configs/README.md.
TEST(SweepSchema, every_example_of_the_readme_is_valid) {
  const std::string readme = read_text(source_directory / "configs" / "README.md");
  int examples = 0;
  for (std::size_t at = readme.find("```json\n"); at != std::string::npos; at = readme.find("```json\n", at + 1)) {
    const std::size_t begin = at + 8, end = readme.find("```", begin);
    const Json json = Json::parse(readme.substr(begin, end - begin), nullptr, false);
    if (!json.is_object() || !json.contains("families")) continue;
    ++examples;
    EXPECT_EQ(parsed_sweep_schema().error(json), "") << json.dump();
    EXPECT_EQ(program_error(json), "") << json.dump();
  }
  EXPECT_GT(examples, 0);
}

// Names, and objects with every default written out as the program itself completes them.
TEST(SweepSchema, every_entry_of_the_registries_is_valid_with_its_defaults) {
  std::vector<Json> configs;
  for (const Family& family : families()) {
    const Json name =
        family.description.name == "file" ? Json{{"family", "file"}, {"path", "a.npy"}} : Json(family.description.name);
    configs.push_back(config_of("families", Json::array({name})));
  }
  for (const Method& method : methods())
    configs.push_back(config_of("methods", Json::array({method.description.name})));
  for (const Description& arithmetic : arithmetic_descriptions()) {
    const std::string name = arithmetic.name == "eXmY" ? "e5m7" : arithmetic.name;
    configs.push_back(config_of("arithmetics", Json::array({name})));
  }
  for (const char* name : {"e5m7-pure", "p8emin-126emax127-saturate-flush", "tf32x3-a100", "e11m52"})
    configs.push_back(config_of("arithmetics", Json::array({name})));
  for (const Description& formation : formation_descriptions())
    configs.push_back(config_of("formations", Json::array({formation.name})));
  for (const RecipeEntry& recipe : recipe_entries())
    configs.push_back(Json{{"families", {"ones"}}, {"kernels", {recipe.description.name}}});
  for (const Json& config : configs) {
    EXPECT_EQ(parsed_sweep_schema().error(config), "") << config.dump();
    const SweepConfig complete = make_config(config, {}, "x.json", "", "x");
    EXPECT_EQ(parsed_sweep_schema().error(complete.json()), "") << complete.json().dump();
  }
}

struct Wrong {
  const char* what;
  const char* config;  // JSON
};

TEST(SweepSchema, wrong_configurations_are_rejected_by_schema_and_program) {
  const std::vector<Wrong> table{
      {"an unknown method", R"({"families": ["ones"], "methods": ["mxrr"], "arithmetics": ["fp16"]})"},
      {"an unknown arithmetic", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp17"]})"},
      {"a format with too many bits", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["e10m3"]})"},
      {"an unknown family", R"({"families": ["one"], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"an unknown kernel", R"({"families": ["ones"], "kernels": ["fla-solve"]})"},
      {"an unknown formation",
       R"({"families": ["gdn"], "methods": ["mbh"], "arithmetics": ["fp16"], "formations": ["grams"]})"},
      {"a misspelt parameter of a method",
       R"({"families": ["ones"], "methods": [{"method": "mxr", "blok": 8}], "arithmetics": ["fp16"]})"},
      {"a value out of every range",
       R"({"families": ["ones"], "methods": [{"method": "mxr", "block": 0}], "arithmetics": ["fp16"]})"},
      {"a value of another type",
       R"({"families": ["ones"], "methods": [{"method": "mxr", "block": "8"}], "arithmetics": ["fp16"]})"},
      {"a fraction for a whole number",
       R"({"families": ["ones"], "methods": [{"method": "mxr", "block": 8.5}], "arithmetics": ["fp16"]})"},
      {"an unknown choice",
       R"({"families": [{"family": "gdn", "keys": "sliu"}], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"an unknown key", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunk": 64})"},
      {"the same method twice", R"({"families": ["ones"], "methods": ["mbh", "mbh"], "arithmetics": ["fp16"]})"},
      {"a chunk too small", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunks": 8})"},
      {"the same chunk twice",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunks": [16, 16]})"},
      {"the word that stands for formats", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["eXmY"]})"},
      {"a misspelt selection", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
           "expect": [{"methods": "mbh", "statistic": "unfit", "at_most": 2}]})"},
      {"a selected size beyond all", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
           "expect": [{"n": 512, "statistic": "unfit", "at_most": 2}]})"},
      {"a chunk too large",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunks": [16, 512]})"},
      {"no chunks", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "chunks": []})"},
      {"a seed below zero", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "seed": -1})"},
      {"a name with a slash", R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "name": "a/b"})"},
      {"a schema that is a number",
       R"({"$schema": 7, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"parts of the error, by a number",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "decompose": 1})"},
      {"an unknown reference",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"], "reference": "exact"})"},
      {"a scenario without a name", R"({"scenarios": [{"families": ["ones"], "kernels": ["llama-cpp"]}]})"},
      {"no scenarios", R"({"scenarios": []})"},
      {"an expectation without a bound",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
           "expect": [{"metric": "frobenius", "statistic": "max"}]})"},
      {"an unknown metric",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
           "expect": [{"metric": "frobenious", "statistic": "max", "at_most": 2}]})"},
      {"an unknown statistic",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
           "expect": [{"metric": "frobenius", "statistic": "maximum", "at_most": 2}]})"},
  };
  for (const Wrong& wrong : table) {
    const Json config = Json::parse(wrong.config);
    EXPECT_NE(parsed_sweep_schema().error(config), "") << wrong.what;
    EXPECT_NE(program_error(config), "") << wrong.what;
  }
}

// Which parameters belong to which name, what depends on several values, and what is named inside another
// thing.
TEST(SweepSchema, what_is_left_to_the_program_is_rejected_by_it) {
  const std::vector<Wrong> table{
      {"a misspelt parameter of a nested method",
       R"({"families": ["ones"], "methods": [{"method": "refine", "base": {"method": "mxr", "blok": 8}}],
           "arithmetics": ["fp16"]})"},
      {"lists in a nested method",
       R"({"families": ["ones"], "methods": [{"method": "refine", "base": {"method": "mxr", "block": [8, 16]}}],
           "arithmetics": ["fp16"]})"},
      {"a diagonal phase with stages of its own",
       R"({"families": ["ones"], "methods": [{"method": "recursive", "diagonal": "mxr"}], "arithmetics": ["fp16"]})"},
      {"a value out of the method's range",
       R"({"families": ["ones"], "methods": [{"method": "mxr", "block": 1}], "arithmetics": ["fp16"]})"},
      {"a parameter of another method",
       R"({"families": ["ones"], "methods": [{"method": "mbh", "block": 8}], "arithmetics": ["fp16"]})"},
      {"a misspelt parameter in a text",
       R"({"families": ["gdn:kesy=silu"], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"a parameter of another key model",
       R"({"families": [{"family": "gdn", "eps": 0.5}], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"a parameter of one of two key models",
       R"({"families": [{"family": "gdn", "keys": ["silu", "collinear"], "eps": 0.5}], "methods": ["mbh"],
           "arithmetics": ["fp16"]})"},
      {"a file without a path", R"({"families": ["file"], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"a tensor and a layer",
       R"({"families": [{"family": "file", "path": "a", "tensor": "t", "layer": "l"}],
           "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"a scale and a condition",
       R"({"families": [{"family": "uniform-signed", "scale": 1, "condition": 2}],
           "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"a block size without blocks",
       R"({"families": ["ones"], "methods": ["mbh"],
           "arithmetics": [{"arithmetic": "int8", "block_size": 32}]})"},
      {"a static scale without a value",
       R"({"families": ["ones"], "methods": ["mbh"],
           "arithmetics": [{"arithmetic": "int8", "scale_rule": "static"}]})"},
      {"sums in an unknown format",
       R"({"families": ["ones"], "methods": ["mbh"],
           "arithmetics": [{"arithmetic": "bf16", "accumulate": "fp31"}]})"},
      {"no families", R"({"families": [], "methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"families left out", R"({"methods": ["mbh"], "arithmetics": ["fp16"]})"},
      {"methods without arithmetics", R"({"families": ["ones"], "methods": ["mbh"]})"},
      {"kernels and methods without arithmetics",
       R"({"families": ["ones"], "kernels": ["llama-cpp"], "methods": ["mbh"]})"},
      {"layers in int8",
       R"({"families": ["gdn"], "methods": ["mbh"], "arithmetics": ["fp16"], "layer": true,
           "layer_arithmetic": "int8"})"},
      {"families beside scenarios",
       R"({"families": ["ones"], "scenarios": [{"name": "a", "families": ["ones"], "kernels": ["llama-cpp"]}]})"},
      {"an expectation with two kinds of bound",
       R"({"families": ["ones"], "methods": ["mbh"],
           "arithmetics": ["fp16"], "expect": [{"metric": "frobenius", "statistic": "max", "equals": 1,
           "at_most": 2}]})"},
      {"a count with a metric",
       R"({"families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"],
           "expect": [{"metric": "frobenius", "statistic": "unfit", "at_most": 2}]})"},
      {"a kernel with a method",
       R"({"families": ["ones"], "kernels": ["llama-cpp"],
           "expect": [{"kernel": "llama-cpp", "method": "mbh", "statistic": "unfit", "equals": 0}]})"},
  };
  for (const Wrong& wrong : table) EXPECT_NE(program_error(Json::parse(wrong.config)), "") << wrong.what;
}

// A user's recipe file has a name and parameters that no registry knows.
TEST(SweepSchema, recipe_files_and_what_is_expected_of_them_are_valid) {
  const fs::path directory = fs::path(::testing::TempDir()) / "tristab-schema-test";
  fs::create_directories(directory);
  Json recipe = Json::parse(read_text(source_directory / "configs/kernels/fla-solve-tril.json"));
  recipe["kernel"] = "mine";
  recipe["parameters"]["own"] = recipe["parameters"]["dot"];
  recipe["parameters"].erase("dot");
  std::ofstream(directory / "mine.json") << recipe;
  const Json config = Json::parse(R"({"families": ["ones"],
      "kernels": ["mine.json", {"kernel": "mine.json", "own": "tf32"}, "fla-solve-tril"],
      "expect": [{"kernel": "mine", "statistic": "unfit", "at_most": 2},
                 {"kernel": "mine:own=tf32", "n": [64, 64], "statistic": "unfit", "at_most": 2},
                 {"kernel": {"kernel": "mine", "own": "tf32"}, "n": 64, "statistic": "unfit", "at_most": 2}]})");
  EXPECT_NO_THROW(make_plan(make_config(config, {}, "x.json", directory, "x")));
  EXPECT_EQ(parsed_sweep_schema().error(config), "");
  fs::remove_all(directory);
}

// "$schema" is for editors: the configuration in a result, seeds and ids do not know of it.
TEST(SweepSchema, naming_the_schema_changes_no_identity) {
  const Json plain = config_of("families", Json::array({"gdn"}));
  Json named = plain;
  named["$schema"] = "../sweep.schema.json";
  const SweepConfig one = make_config(plain, {}, "x.json", "", "x");
  const SweepConfig other = make_config(named, {}, "x.json", "", "x");
  EXPECT_EQ(one.json(), other.json());
  EXPECT_FALSE(other.json().contains("$schema"));
  const Plan first = make_plan(one), second = make_plan(other);
  EXPECT_EQ(first.groups[0].source->problem(64, 0).id, second.groups[0].source->problem(64, 0).id);
}

}  // namespace tristab::schema_test
