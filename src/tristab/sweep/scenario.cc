#include "tristab/sweep/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

constexpr double largest_seed = 9007199254740992;  // 2^53: some JSON readers change larger whole numbers

// Reads every item of a list, refuses duplicates, and passes each thing to `keep`.
template <class Expand, class Keep>
void read_list(const ConfigReader& given, const ScenarioList& list, const Expand& expand, const Keep& keep) {
  DuplicateCheck once(list.name_key);
  std::uint64_t count = 0;
  for (const auto& [item, place] : given.items(list.key, list.name_key)) {
    for (auto& thing : expand(item, place)) {
      if (++count > most_settings)
        refuse(place, fmt::format("more than {} {}", most_settings, list.key), "fewer in one list");
      once.add(thing.identity(), thing.label, place);
      keep(std::move(thing), place);
    }
  }
}

template <auto Things, auto Expand>
void read_things(const ConfigReader& given, const ScenarioList& list, Scenario& scenario) {
  read_list(given, list, Expand,
            [&](auto thing, const std::string&) { (scenario.*Things).push_back(std::move(thing)); });
}

template <auto Things>
Json things_json(const Scenario& scenario, const ScenarioList& list) {
  Json array = Json::array();
  for (const auto& thing : scenario.*Things) array.push_back(thing.json(list.name_key));
  return array;
}

void read_families(const ConfigReader& given, const ScenarioList& list, Scenario& scenario) {
  read_list(given, list, expand_family, [&](FamilySpec spec, const std::string& place) {
    scenario.families.push_back({std::move(spec), place, given.directory(list.key)});
  });
}

Json families_json(const Scenario& scenario, const ScenarioList& list) {
  Json array = Json::array();
  for (const FamilyEntry& entry : scenario.families) array.push_back(entry.spec.json(list.name_key));
  return array;
}

void read_kernels(const ConfigReader& given, const ScenarioList& list, Scenario& scenario) {
  std::map<std::string, std::string> files;  // of each name
  const auto expand = [&](const Json& item, const std::string& place) {
    std::vector<Recipe> recipes = expand_recipe(item, place, given.directory(list.key));
    const Recipe& first = recipes.front();
    const std::string& other = files.try_emplace(first.name, first.file).first->second;
    if (other != first.file) {
      const std::string& own = first.is_builtin() ? other : first.file;
      throw UsageError(fmt::format("{}: {} and {} are both called '{}'; allowed: another \"kernel\" in {}", place,
                                   other, first.file, first.name, own));
    }
    return recipes;
  };
  read_list(given, list, expand,
            [&](Recipe recipe, const std::string&) { scenario.kernels.push_back(std::move(recipe)); });
}

void read_formations(const ConfigReader& given, const ScenarioList& list, Scenario& scenario) {
  if (!given.has(list.key)) {
    scenario.formations = {Formation{}};
    return;
  }
  read_things<&Scenario::formations, expand_formation>(given, list, scenario);
}

std::vector<int> read_chunks(const ConfigReader& given, const std::vector<int>& default_value) {
  Json axis = given.value("chunks");
  const std::string place = given.place("chunks");
  if (axis.is_null()) return default_value;
  if (given.overridden("chunks") && axis.is_string()) axis = Json(split_list(axis.get<std::string>(), place));
  std::vector<int> chunks;
  DuplicateCheck once("chunk size");
  for (const std::int64_t n : expand_axis(axis, smallest_chunk, largest_chunk, place)) {
    once.add(std::to_string(n), std::to_string(n), place);
    chunks.push_back(static_cast<int>(n));
  }
  return chunks;
}

void read_expectations(const ConfigReader& given, Scenario& scenario) {
  const Json list = given.value("expect");
  if (list.is_null()) return;
  const std::string place = given.place("expect");
  if (!list.is_array()) refuse(place, list.type_name(), "a list of expectations");
  for (std::size_t i = 0; i < list.size(); ++i)
    scenario.expectations.push_back(read_expectation(list[i], fmt::format("{}[{}]", place, i)));
}

}  // namespace

std::span<const ScenarioKey> scenario_keys() {
  static const std::array<ScenarioKey, 8> keys{{
      {Parameter::integer("seed", 1, 0, largest_seed, "seed of the random families"),
       [](const Scenario& s) -> JsonValue { return s.seed; },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.seed = value.get<std::uint64_t>(); }},
      {Parameter::integer("trials", 8, 1, 1000000, "matrices of each random family"),
       [](const Scenario& s) -> JsonValue { return s.trials; },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.trials = value.get<int>(); }},
      {Parameter::integer("trial", nullptr, 0, 999999, "only this matrix of each family and size; 0 is the first"),
       [](const Scenario& s) -> JsonValue { return s.trial < 0 ? JsonValue() : JsonValue(s.trial); },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.trial = value.get<int>(); }},
      {Parameter::text("require", Requirement::default_text,
                       "what a result must meet: 4x-bf16 (at most four times the error of the exact inverse stored in "
                       "bf16), a gate such as fla:0.005, total_frobenius<=1e-3; several with commas"),
       [](const Scenario& s) -> JsonValue { return s.requirement.stored_text(); },
       [](Scenario& s, const Json& value, const ConfigReader& given) {
         s.requirement = Requirement(value.get<std::string>(), given.place("require"), given.directory("require"));
       }},
      {Parameter::choice("reference", "rounded", {"rounded", "given"},
                         "errors compare with the inverse of A rounded to the storage format, or of A as given (total "
                         "errors always compare with A as given)"),
       [](const Scenario& s) -> JsonValue { return s.compare_with_given ? "given" : "rounded"; },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.compare_with_given = value == "given"; }},
      {Parameter::boolean("decompose", false,
                          "also split every total error into formation, truncation, rounding and output"),
       [](const Scenario& s) -> JsonValue { return s.decompose; },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.decompose = value.get<bool>(); }},
      {Parameter::boolean("layer", false, "also compute W, U, outputs and state of the layer over whole sequences"),
       [](const Scenario& s) -> JsonValue { return s.layer; },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.layer = value.get<bool>(); }},
      {Parameter::integer("layer_chunks", 16, 1, 65536, "chunks of a generated sequence"),
       [](const Scenario& s) -> JsonValue { return s.layer_chunks; },
       [](Scenario& s, const Json& value, const ConfigReader&) { s.layer_chunks = value.get<std::int64_t>(); }},
  }};
  return keys;
}

std::span<const ScenarioList> scenario_lists() {
  static constexpr std::array<ScenarioList, 5> lists{{
      {"families", "family", "the matrices A", read_families, families_json},
      {"methods", "method", "inversion methods; each is run in every arithmetic",
       read_things<&Scenario::methods, expand_method>, things_json<&Scenario::methods>},
      {"arithmetics", "arithmetic", "arithmetics; every method is run in each",
       read_things<&Scenario::arithmetics, expand_arithmetic>, things_json<&Scenario::arithmetics>},
      {"formations", "formation", "how A is formed, each with every method and arithmetic; exact by default",
       read_formations, things_json<&Scenario::formations>},
      {"kernels", "kernel", "kernel recipes; each has its own method, arithmetics and formation", read_kernels,
       things_json<&Scenario::kernels>},
  }};
  return lists;
}

const std::vector<std::string>& shared_scenario_keys() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"chunks", "layer_arithmetic"};
    for (const ScenarioKey& key : scenario_keys()) all.push_back(key.parameter.name);
    return all;
  }();
  return names;
}

const std::vector<std::string>& own_scenario_keys() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const ScenarioList& list : scenario_lists()) all.emplace_back(list.key);
    all.emplace_back("expect");
    return all;
  }();
  return names;
}

Scenario read_shared_keys(const ConfigReader& given, const Scenario& defaults) {
  Scenario scenario = defaults;
  for (const ScenarioKey& key : scenario_keys()) {
    const std::string& name = key.parameter.name;
    const Json value = given.value(name);
    if (!value.is_null()) key.set(scenario, checked_value(key.parameter, value, given.place(name)), given);
  }
  if (scenario.requirement.bounds_layers()) scenario.layer = true;
  scenario.chunks = read_chunks(given, defaults.chunks);
  scenario.has_chunks = defaults.has_chunks || !given.value("chunks").is_null();
  const Json layer_arithmetic = given.value("layer_arithmetic");
  if (!layer_arithmetic.is_null()) scenario.layer_arithmetic_given = layer_arithmetic;
  scenario.layer_arithmetic = make_layer_arithmetic(scenario.layer_arithmetic_given, given.place("layer_arithmetic"));
  return scenario;
}

void read_own_keys(const ConfigReader& given, Scenario& scenario) {
  const bool settings = given.has("methods") || given.has("arithmetics"), kernels = given.has("kernels");
  for (const ScenarioList& list : scenario_lists()) {
    const std::string_view key = list.key;
    // A sweep may have kernels only.
    if (key == "kernels" ? !kernels : (key == "methods" || key == "arithmetics") && kernels && !settings) continue;
    list.read(given, list, scenario);
  }
  // Beside each matrix all of them are listed.
  const std::uint64_t methods = scenario.methods.size() * scenario.arithmetics.size();
  if (methods > most_settings || methods * scenario.formations.size() > most_settings)
    refuse(given.place(),
           fmt::format("{} methods x {} arithmetics x {} formations", scenario.methods.size(),
                       scenario.arithmetics.size(), scenario.formations.size()),
           fmt::format("at most {} settings", most_settings));
  if (scenario.families.size() * scenario.chunks.size() > most_settings)
    refuse(given.place(), fmt::format("{} families x {} sizes", scenario.families.size(), scenario.chunks.size()),
           fmt::format("at most {} inputs", most_settings));
  read_expectations(given, scenario);
}

Json Scenario::json() const {
  Json config{{"chunks", chunks}, {"layer_arithmetic", layer_arithmetic_given.json()}};
  for (const ScenarioKey& key : scenario_keys()) {
    if (const JsonValue value = key.get(*this); !value.is_null()) config[key.parameter.name] = value.json();
  }
  for (const ScenarioList& list : scenario_lists()) config[list.key] = list.json(*this, list);
  for (const Expectation& expectation : expectations) config["expect"].push_back(expectation.given.json());
  return config;
}

std::int64_t Scenario::setting_count(int n) const {
  return static_cast<std::int64_t>(methods.size() * arithmetics.size() * formations.size()) +
         std::ranges::count_if(kernels, [n](const Recipe& kernel) { return kernel.takes(n); });
}

std::vector<Setting> Scenario::settings(int n) const {
  std::vector<Setting> all;
  for (const MethodSpec& method : methods) {
    for (const Arithmetic& arithmetic : arithmetics) {
      for (const Formation& formation : formations) all.push_back({&method, &arithmetic, nullptr, &formation});
    }
  }
  for (const Recipe& kernel : kernels) {
    if (kernel.takes(n)) all.push_back(Setting::of(kernel));
  }
  return all;
}

}  // namespace tristab
