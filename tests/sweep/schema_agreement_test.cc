// The schema of configurations and the program on configurations that are drawn and changed at random.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "support/parsed_schema.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/expectation_check.h"
#include "tristab/sweep/schema.h"

namespace tristab::schema_agreement_test {

namespace fs = std::filesystem;

// Throws UsageError for an expectation that selects nothing.
void check_expectations(const Scenario& scenario) {
  std::vector<MatrixGroup> groups;
  for (const FamilyEntry& family : scenario.families) {
    for (const int n : scenario.chunks) groups.push_back({&scenario, &family, nullptr, n, 1, scenario.layer ? 1 : 0});
  }
  for (const Expectation& expectation : scenario.expectations) refuse_without_group(expectation, groups);
}

// "" when the program takes the configuration, else what it says. Files are not opened.
std::string program_error(const Json& config) {
  try {
    const SweepConfig read = make_config(config, {}, "x.json", "", "x");
    for (const Scenario& scenario : read.scenarios) check_expectations(scenario);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

// Configurations changed at random: what the program takes, the schema takes.
class Mutator {
 public:
  explicit Mutator(int number) : random_(RandomStream("mutated configurations").part(std::to_string(number))) {}

  Json mutated(Json config) {
    const int changes = 1 + static_cast<int>(below(3));
    for (int k = 0; k < changes; ++k) change(config);
    return config;
  }

  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_.bits(next_++) % count); }

 private:
  // Values that some parameter takes, and many that none does.
  Json value() {
    static const std::vector<Json> values{nullptr,
                                          true,
                                          false,
                                          "on",
                                          "off",
                                          0,
                                          1,
                                          2,
                                          3,
                                          8,
                                          16,
                                          16.0,
                                          0.5,
                                          64,
                                          256,
                                          1000000,
                                          -1,
                                          -0.1,
                                          1e-7,
                                          "auto",
                                          "silu",
                                          "2",
                                          "gdn",
                                          "mxr",
                                          "mbh",
                                          "fp16",
                                          "bf16-h100",
                                          "int8",
                                          "e5m7",
                                          "fp16-pure",
                                          "collinear",
                                          "none",
                                          "row",
                                          "block",
                                          "static",
                                          "tensor",
                                          "rounded",
                                          "given",
                                          "16:64:*2",
                                          "16:48:16",
                                          "8:16",
                                          "row-substitution",
                                          "exact",
                                          "gram",
                                          "a.npy",
                                          "all",
                                          "0:64",
                                          "horner",
                                          "median",
                                          "max",
                                          "fail",
                                          "frobenius",
                                          "state_growth",
                                          "fraction_above:0.5",
                                          "gdn:keys=silu",
                                          "mxr:block=8",
                                          "two words",
                                          Json::array(),
                                          {8, 16},
                                          {16},
                                          {"silu", "collinear"},
                                          {true, false},
                                          {nullptr},
                                          {0, 2},
                                          {16, "32:64:*2"},
                                          Json{{"method", "mxr"}, {"block", 8}},
                                          Json{{"method", "mxr"}, {"block", {8, 16}}},
                                          Json{{"family", "kda"}},
                                          Json{{"arithmetic", "int8"}, {"scale", "row"}},
                                          Json{{"formation", "gram"}, {"storage", "fp16"}},
                                          Json::object()};
    return values[below(values.size())];
  }

  std::string key() {
    static const std::vector<std::string> keys{"method",
                                               "family",
                                               "arithmetic",
                                               "formation",
                                               "kernel",
                                               "block",
                                               "order",
                                               "merge",
                                               "diagonal",
                                               "base",
                                               "steps",
                                               "where",
                                               "degree",
                                               "evaluation",
                                               "addend",
                                               "accumulator",
                                               "terms",
                                               "mask",
                                               "start",
                                               "keys",
                                               "eps",
                                               "strength",
                                               "scale",
                                               "clusters",
                                               "beta",
                                               "beta_value",
                                               "beta_low",
                                               "beta_high",
                                               "gate",
                                               "gate_value",
                                               "negative",
                                               "head_dim",
                                               "key_format",
                                               "condition",
                                               "path",
                                               "tensor",
                                               "layer",
                                               "heads",
                                               "tokens",
                                               "coefficients",
                                               "norm_inf",
                                               "scale_rule",
                                               "block_size",
                                               "static_amax",
                                               "identity",
                                               "output",
                                               "rounding",
                                               "fma",
                                               "accumulate",
                                               "model",
                                               "fraction_bits",
                                               "overflow",
                                               "subnormals",
                                               "seed",
                                               "trials",
                                               "chunks",
                                               "reference",
                                               "layer_chunks",
                                               "layer_arithmetic",
                                               "decompose",
                                               "name",
                                               "kernels",
                                               "methods",
                                               "formations",
                                               "expect",
                                               "product",
                                               "storage",
                                               "metric",
                                               "statistic",
                                               "at_least",
                                               "at_most",
                                               "equals",
                                               "why",
                                               "n",
                                               "scenarios",
                                               "what",
                                               "source",
                                               "scores",
                                               "exponential",
                                               "scan",
                                               "dot",
                                               "element"};
    return keys[below(keys.size())];
  }

  // Any object or list inside, the outermost among them.
  void collect(Json& json, std::vector<Json*>& found) {
    if (!json.is_structured()) return;
    found.push_back(&json);
    for (Json& inner : json) collect(inner, found);
  }

  void change(Json& config) {
    std::vector<Json*> places;
    collect(config, places);
    Json& place = *places[below(places.size())];
    const std::size_t kind = below(4);
    if (place.is_array()) {
      if (place.empty() || kind == 0) {
        place.push_back(value());
      } else {
        place[below(place.size())] = value();
      }
      return;
    }
    if (kind == 0 && !place.empty()) {
      place.erase(std::next(place.begin(), static_cast<std::ptrdiff_t>(below(place.size()))).key());
    } else if (kind == 1 && !place.empty()) {
      *std::next(place.begin(), static_cast<std::ptrdiff_t>(below(place.size()))) = value();
    } else {
      place[key()] = value();
    }
  }

  RandomStream random_;
  std::uint64_t next_ = 0;
};

// Objects with some of their entry's parameters, each at its default, an end of its range, or one of its
// choices.
Json with_parameters(const char* owner, const Description& description, Mutator& mutator) {
  Json object{{owner, description.name}};
  for (const Parameter& parameter : description.parameters) {
    if (mutator.below(3) != 0) continue;
    Json& value = object[parameter.name];
    value = parameter.default_value;
    if (!parameter.choices.empty()) value = parameter.choices[mutator.below(parameter.choices.size())];
    const bool number = parameter.kind == Parameter::Kind::integer || parameter.kind == Parameter::Kind::real;
    if (number && mutator.below(2) == 0) value = mutator.below(2) == 0 ? parameter.minimum : parameter.maximum;
    if (parameter.kind == Parameter::Kind::boolean) value = mutator.below(2) == 0;
    if (value.is_null() && mutator.below(2) == 0) object.erase(parameter.name);
  }
  return object;
}

Json drawn_config(Mutator& mutator) {
  const auto methods_list = methods();
  const auto family_list = family_descriptions();
  const auto arithmetic_list = arithmetic_descriptions();
  Json arithmetic = with_parameters("arithmetic", arithmetic_list[mutator.below(arithmetic_list.size())], mutator);
  if (arithmetic["arithmetic"] == "eXmY") arithmetic["arithmetic"] = "e5m7";
  Json config{
      {"families", {with_parameters("family", family_list[mutator.below(family_list.size())], mutator), "ones"}},
      {"methods",
       {with_parameters("method", methods_list[mutator.below(methods_list.size())].description, mutator), "mbh"}},
      {"arithmetics", {arithmetic, "fp64"}}};
  if (mutator.below(4) == 0) {
    const auto formations = formation_descriptions();
    config["formations"] =
        Json::array({with_parameters("formation", formations[mutator.below(formations.size())], mutator)});
  }
  if (mutator.below(4) == 0) {
    const auto recipes = recipe_entries();
    config["kernels"] =
        Json::array({with_parameters("kernel", recipes[mutator.below(recipes.size())].description, mutator)});
  }
  return config;
}

// How many configurations came out how.
struct Tally {
  int taken = 0, rejected_by_both = 0, left_to_the_program = 0;

  void add(const Json& config, const ParsedSchema& schema) {
    const std::string program = program_error(config), found = schema.error(config);
    if (program.empty()) {
      ++taken;
      EXPECT_EQ(found, "") << config.dump();
    } else {
      ++(found.empty() ? left_to_the_program : rejected_by_both);
    }
  }
};

TEST(SweepSchema, what_the_program_takes_the_schema_takes) {
  constexpr int configurations = 3000;
  const ParsedSchema schema(sweep_schema());
  Tally tally;
  for (int number = 0; number < configurations; ++number) {
    Mutator mutator(number);
    Json config = drawn_config(mutator);
    if (number % 3 != 0) config = mutator.mutated(std::move(config));
    tally.add(config, schema);
  }
  // The draws reach both sides, and the schema finds most of what is wrong.
  EXPECT_GT(tally.taken, configurations / 10);
  EXPECT_GT(tally.rejected_by_both, configurations / 4);
  EXPECT_LT(tally.left_to_the_program, configurations / 4);
}

// The sweeps of the repository, scenarios and expectations among them, each changed in one to three places.
TEST(SweepSchema, what_the_program_takes_of_changed_sweeps_the_schema_takes) {
  constexpr int changes = 200;
  const ParsedSchema schema(sweep_schema());
  Tally tally;
  int number = 0;
  const fs::path directory = fs::path(TRISTAB_SOURCE_DIR) / "configs/sweeps";
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) files.insert(entry.path());
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const Json config = Json::parse(stream);
    for (int k = 0; k < changes; ++k) tally.add(Mutator(--number).mutated(config), schema);
  }
  const int all = changes * static_cast<int>(files.size());
  EXPECT_GT(tally.taken, all / 30);
  EXPECT_GT(tally.rejected_by_both, all / 4);
  EXPECT_LT(tally.left_to_the_program, all / 20);
}

}  // namespace tristab::schema_agreement_test
