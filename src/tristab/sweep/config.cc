#include "tristab/sweep/config.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config_text.h"

namespace tristab {
namespace {

// Concatenates lists of keys.
std::vector<std::string> keys_of(std::vector<std::string> keys,
                                 std::initializer_list<const std::vector<std::string>*> more) {
  for (const auto* list : more) keys.insert(keys.end(), list->begin(), list->end());
  return keys;
}

// A configuration with several scenarios takes only --seed and --trials; other options would be ambiguous.
void refuse_overrides(const ConfigOverrides& overrides, std::string_view place) {
  for (const auto& [key, given] : overrides) {
    if (key == "seed" || key == "trials" || key == "trial") continue;
    refuse(given.option.empty() ? fmt::format("--{}", key) : given.option,
           fmt::format("'{}' for {}, whose scenarios have their own settings", given.text, place),
           "--seed, --trials, --trial with scenarios");
  }
}

std::vector<Scenario> read_scenarios(const ConfigReader& given, const Scenario& defaults,
                                     const ConfigOverrides& overrides) {
  static const std::vector<std::string> keys =
      keys_of({"name", "what", "source"}, {&shared_scenario_keys(), &own_scenario_keys()});
  refuse_overrides(overrides, given.place());
  const Json list = given.value("scenarios");
  if (!list.is_array() || list.empty()) {
    refuse(given.place("scenarios"), quoted(list),
           "a list of objects such as {\"name\": NAME, \"families\": [...], ...}, at least one");
  }
  std::vector<Scenario> scenarios;
  DuplicateCheck once("scenario");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", given.place("scenarios"), i);
    const Json& scenario_json = list[i];
    const ConfigReader own(scenario_json, overrides, place, given.folders(), keys);
    if (own.value("name").is_null())
      throw UsageError(fmt::format("{}: the key is missing; allowed: the scenario's name", own.place("name")));
    Scenario scenario = read_shared_keys(own, defaults);
    scenario.name = own.name("name", "");
    once.add(scenario.name, scenario.name, place);
    scenario.what = own.text("what", "");
    scenario.source = own.text("source", "");
    read_own_keys(own, scenario);
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

}  // namespace

Json SweepConfig::json() const {
  if (!has_scenarios()) {
    Json config = scenarios.front().json();
    config["name"] = name;
    return config;
  }
  Json config{{"name", name}, {"seed", seed}, {"scenarios", Json::array()}};
  for (const Scenario& scenario : scenarios) {
    Json object = scenario.json();
    object["name"] = scenario.name;
    if (!scenario.what.empty()) object["what"] = scenario.what;
    if (!scenario.source.empty()) object["source"] = scenario.source;
    config["scenarios"].push_back(std::move(object));
  }
  return config;
}

SweepConfig make_config(const Json& original, const ConfigOverrides& overrides, std::string_view place,
                        const Folders& folders, std::string_view default_name) {
  static const std::vector<std::string> last_keys{"scenarios", "$schema"};
  static const std::vector<std::string> plain_keys =
      keys_of({"name"}, {&shared_scenario_keys(), &own_scenario_keys(), &last_keys});
  static const std::vector<std::string> outer_keys = keys_of({"name"}, {&shared_scenario_keys(), &last_keys});
  const Json& json = original;
  const bool has_scenarios = json.is_object() && json.contains("scenarios");
  const ConfigReader given(json, overrides, place, folders, has_scenarios ? outer_keys : plain_keys);
  // Only for editors; results do not store it.
  if (json.contains("$schema") && !json["$schema"].is_string())
    refuse(given.place("$schema"), quoted(json["$schema"]), "the path or address of a JSON Schema");
  SweepConfig config;
  config.name = given.name("name", default_name);
  Scenario shared = read_shared_keys(given, {});
  config.seed = shared.seed;
  if (has_scenarios) {
    config.scenarios = read_scenarios(given, shared, overrides);
  } else {
    read_own_keys(given, shared);
    config.scenarios.push_back(std::move(shared));
  }
  return config;
}

SweepConfig load_config(const std::filesystem::path& file, const ConfigOverrides& overrides) {
  if (file == "-") return make_config(read_config_file(file), overrides, "standard input", "", "sweep");
  return make_config(read_config_file(file), overrides, file.string(), file.parent_path(), file.stem().string());
}

}  // namespace tristab
