#include "tristab/sweep/scenario.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

// 2^53: whole numbers beyond it do not survive every JSON reader.
constexpr std::int64_t largest_seed = 9007199254740992;
constexpr std::int64_t most_trials = 1000000;
constexpr std::int64_t most_layer_chunks = 65536;

std::vector<int> read_chunks(const GivenConfig& given, const std::vector<int>& otherwise) {
  Json axis = given.value("chunks");
  const std::string place = given.place("chunks");
  if (axis.is_null()) return otherwise;
  if (given.overridden("chunks") && axis.is_string()) {
    axis = Json(split_list(axis.get<std::string>(), place));
  }
  std::vector<int> chunks;
  OnceOnly once("chunk size");
  for (const std::int64_t n : expand_axis(axis, smallest_chunk, largest_chunk, place)) {
    once.add(std::to_string(n), std::to_string(n), place);
    chunks.push_back(static_cast<int>(n));
  }
  return chunks;
}

bool read_reference(const GivenConfig& given, bool otherwise) {
  static const std::vector<std::string> choices{"rounded", "given"};
  const Json reference = given.value("reference");
  if (reference.is_null()) return otherwise;
  if (!reference.is_string()) {
    throw UsageError(
        fmt::format("{}: found {}; allowed: rounded, given", given.place("reference"), reference.dump()));
  }
  const std::string text = reference;
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    throw_unknown_name(given.place("reference"), "reference", text, choices);
  }
  return text == "given";
}

// Keys of the format that this version has no use for: only what asks for nothing is allowed.
void expect_neutral(const GivenConfig& given, const std::string& key, const Json& neutral) {
  const Json found = given.value(key);
  if (found.is_null() || found == neutral) return;
  throw UsageError(fmt::format("{}: found {}; allowed: {} (this version has nothing else)", given.place(key),
                               found.dump(), neutral.dump()));
}

Json named(std::string_view key, const std::string& name, const Settings& settings) {
  Json object = settings.json();
  object[std::string(key)] = name;
  return object;
}

void read_families(const GivenConfig& given, Scenario& scenario) {
  OnceOnly once("family");
  for (const auto& [item, place] : given.items("families", "family")) {
    for (FamilySpec& spec : expand_family(item, place)) {
      once.add(spec.family + spec.settings.json().dump(), label_of(spec), place);
      scenario.families.push_back({std::move(spec), place, given.directory("families")});
    }
  }
}

void read_kernels(const GivenConfig& given, Scenario& scenario) {
  OnceOnly once("kernel");
  for (const auto& [item, place] : given.items("kernels", "kernel")) {
    for (Recipe& recipe : expand_recipe(item, place, given.directory("kernels"))) {
      once.add(recipe.name + recipe.settings.json().dump(), label_of(recipe), place);
      scenario.kernels.push_back(std::move(recipe));
    }
  }
}

void read_methods(const GivenConfig& given, Scenario& scenario) {
  OnceOnly once("method");
  for (const auto& [item, place] : given.items("methods", "method")) {
    for (MethodSpec& spec : expand_method(item, place)) {
      once.add(spec.method->description.name + spec.settings.json().dump(), label_of(spec), place);
      scenario.methods.push_back(std::move(spec));
    }
  }
}

void read_arithmetics(const GivenConfig& given, Scenario& scenario) {
  OnceOnly once("arithmetic");
  for (const auto& [item, place] : given.items("arithmetics", "arithmetic")) {
    for (Arithmetic& arithmetic : expand_arithmetic(item, place)) {
      once.add(arithmetic.name + arithmetic.settings.json().dump(), label_of(arithmetic), place);
      scenario.arithmetics.push_back(std::move(arithmetic));
    }
  }
}

void read_formations(const GivenConfig& given, Scenario& scenario) {
  if (!given.has("formations")) {
    scenario.formations = expand_formation("exact", "formations");
    return;
  }
  OnceOnly once("formation");
  for (const auto& [item, place] : given.items("formations", "formation")) {
    for (Formation& formation : expand_formation(item, place)) {
      once.add(formation.name + formation.settings.json().dump(), label_of(formation), place);
      scenario.formations.push_back(std::move(formation));
    }
  }
}

bool read_layer(const GivenConfig& given, bool otherwise) {
  const Json found = given.value("layer");
  if (found.is_null()) return otherwise;
  if (!found.is_boolean())
    throw UsageError(fmt::format("{}: found {}; allowed: true, false", given.place("layer"), found.dump()));
  return found;
}

void read_expectations(const GivenConfig& given, Scenario& scenario) {
  const Json list = given.value("expect");
  if (list.is_null()) return;
  const std::string place = given.place("expect");
  if (!list.is_array())
    throw UsageError(fmt::format("{}: found {}; allowed: a list of expectations", place, list.type_name()));
  for (std::size_t i = 0; i < list.size(); ++i)
    scenario.expectations.push_back(read_expectation(list[i], fmt::format("{}[{}]", place, i)));
}

}  // namespace

const std::vector<std::string>& shared_scenario_keys() {
  static const std::vector<std::string> keys{"seed",  "trials",    "chunks",       "reference",
                                             "layer", "decompose", "layer_chunks", "layer_arithmetic"};
  return keys;
}

const std::vector<std::string>& own_scenario_keys() {
  static const std::vector<std::string> keys{"families",   "methods", "arithmetics",
                                             "formations", "kernels", "expect"};
  return keys;
}

Scenario read_shared_keys(const GivenConfig& given, const Scenario& defaults) {
  Scenario scenario = defaults;
  scenario.seed = static_cast<std::uint64_t>(
      given.whole_number("seed", static_cast<std::int64_t>(defaults.seed), 0, largest_seed));
  scenario.trials = static_cast<int>(given.whole_number("trials", defaults.trials, 1, most_trials));
  scenario.chunks = read_chunks(given, defaults.chunks);
  scenario.compare_with_given = read_reference(given, defaults.compare_with_given);
  scenario.layer = read_layer(given, defaults.layer);
  expect_neutral(given, "decompose", false);
  scenario.layer_chunks = given.whole_number("layer_chunks", defaults.layer_chunks, 1, most_layer_chunks);
  const Json layer_arithmetic = given.value("layer_arithmetic");
  if (!layer_arithmetic.is_null()) scenario.layer_arithmetic_given = layer_arithmetic;
  scenario.layer_arithmetic =
      make_layer_arithmetic(scenario.layer_arithmetic_given, given.place("layer_arithmetic"));
  return scenario;
}

void read_own_keys(const GivenConfig& given, Scenario& scenario) {
  read_families(given, scenario);
  if (given.has("kernels")) read_kernels(given, scenario);
  // Kernels alone are a sweep too.
  if (scenario.kernels.empty() || given.has("methods") || given.has("arithmetics")) {
    read_methods(given, scenario);
    read_arithmetics(given, scenario);
  }
  read_formations(given, scenario);
  read_expectations(given, scenario);
}

Json Scenario::json() const {
  Json config{{"seed", seed},
              {"trials", trials},
              {"chunks", chunks},
              {"families", Json::array()},
              {"methods", Json::array()},
              {"arithmetics", Json::array()},
              {"reference", compare_with_given ? "given" : "rounded"},
              {"kernels", Json::array()},
              {"formations", Json::array()},
              {"layer", layer},
              {"decompose", false},
              {"layer_chunks", layer_chunks},
              {"layer_arithmetic", layer_arithmetic_given}};
  for (const FamilyEntry& entry : families) {
    config["families"].push_back(named("family", entry.spec.family, entry.spec.settings));
  }
  for (const MethodSpec& spec : methods) {
    config["methods"].push_back(named("method", spec.method->description.name, spec.settings));
  }
  for (const Arithmetic& arithmetic : arithmetics) {
    config["arithmetics"].push_back(named("arithmetic", arithmetic.name, arithmetic.settings));
  }
  for (const Formation& formation : formations) {
    config["formations"].push_back(named("formation", formation.name, formation.settings));
  }
  for (const Recipe& kernel : kernels) {
    config["kernels"].push_back(named("kernel", kernel.name, kernel.settings));
  }
  for (const Expectation& expectation : expectations) config["expect"].push_back(expectation.given);
  return config;
}

std::vector<Setting> Scenario::settings(int n) const {
  std::vector<Setting> all;
  for (const MethodSpec& method : methods) {
    for (const Arithmetic& arithmetic : arithmetics) {
      for (const Formation& formation : formations)
        all.push_back({&method, &arithmetic, nullptr, &formation});
    }
  }
  for (const Recipe& kernel : kernels) {
    if (kernel.takes(n))
      all.push_back({&kernel.method, &kernel.summary_arithmetic, &kernel, &kernel.formation});
  }
  return all;
}

}  // namespace tristab
