#include "tristab/sweep/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>

#include "tristab/base/errors.h"
#include "tristab/sweep/config_text.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

const std::vector<std::string>& config_keys() {
  static const std::vector<std::string> keys{"name",     "seed",    "trials",      "chunks",
                                             "families", "methods", "arithmetics", "reference",
                                             "kernels",  "layer",   "decompose",   "layer_chunks"};
  return keys;
}

// 2^53: whole numbers beyond it do not survive every JSON reader.
constexpr std::int64_t largest_seed = 9007199254740992;
constexpr std::int64_t most_trials = 1000000;
constexpr std::int64_t most_layer_chunks = largest_seed;

// The configuration with overrides applied, and where each of its keys comes from.
class GivenConfig {
 public:
  GivenConfig(const Json& given, const ConfigOverrides& overrides, std::string_view place,
              const std::filesystem::path& directory)
      : given_(given), overrides_(overrides), place_(place), directory_(directory) {
    if (!given.is_object()) {
      throw UsageError(fmt::format("{}: found {}; allowed: an object with the keys {}", place,
                                   given.type_name(), join_names(config_keys())));
    }
    for (const auto& [key, value] : given.items()) {
      if (std::find(config_keys().begin(), config_keys().end(), key) == config_keys().end()) {
        throw_unknown_name(place, "configuration key", key, config_keys());
      }
    }
  }

  bool overridden(std::string_view key) const { return overrides_.contains(key); }
  std::string place(std::string_view key) const {
    return overridden(key) ? fmt::format("--{}", key) : fmt::format("{}: {}", place_, key);
  }
  std::filesystem::path directory(std::string_view key) const { return overridden(key) ? "" : directory_; }

  // The value of a key that may be absent (null then).
  Json value(const std::string& key) const {
    const auto found = overrides_.find(key);
    if (found != overrides_.end()) return parse_scalar(found->second);
    return given_.contains(key) ? given_[key] : Json();
  }

  // Whether a key asks for anything: an empty list of kernels does not.
  bool has(const std::string& key) const {
    const Json found = value(key);
    return !found.is_null() && !(found.is_array() && found.empty());
  }

  // The items of a key that is a list of names and objects, with their places.
  std::vector<std::pair<Json, std::string>> items(const std::string& key, std::string_view name_key) const {
    std::vector<std::pair<Json, std::string>> items;
    const auto found = overrides_.find(key);
    if (found != overrides_.end()) {
      for (const std::string& item : split_list(found->second, place(key))) {
        items.emplace_back(parse_inline(item, name_key, place(key)), place(key));
      }
      return items;
    }
    const Json list = value(key);
    const std::string allowed =
        fmt::format("a list of names and objects such as {{\"{}\": NAME, ...}}, at least one", name_key);
    if (list.is_null())
      throw UsageError(fmt::format("{}: the key is missing; allowed: {}", place(key), allowed));
    if (!list.is_array() || list.empty()) {
      throw UsageError(fmt::format("{}: found {}; allowed: {}", place(key), list.dump(), allowed));
    }
    for (std::size_t i = 0; i < list.size(); ++i)
      items.emplace_back(list[i], fmt::format("{}[{}]", place(key), i));
    return items;
  }

  std::int64_t whole_number(const std::string& key, std::int64_t otherwise, std::int64_t minimum,
                            std::int64_t maximum) const {
    const Json given = value(key);
    if (given.is_null()) return otherwise;
    const bool whole = given.is_number() && std::trunc(given.get<double>()) == given.get<double>();
    if (!whole || given.get<double>() < static_cast<double>(minimum) ||
        given.get<double>() > static_cast<double>(maximum)) {
      throw UsageError(fmt::format("{}: found {}; allowed: a whole number from {} to {}", place(key),
                                   given.dump(), minimum, maximum));
    }
    return given.get<std::int64_t>();
  }

 private:
  const Json& given_;
  const ConfigOverrides& overrides_;
  std::string place_;
  std::filesystem::path directory_;
};

// Refuses the second of two equal settings, naming both places.
class OnceOnly {
 public:
  explicit OnceOnly(std::string_view what) : what_(what) {}
  void add(const std::string& identity, const std::string& label, const std::string& place) {
    const auto [found, fresh] = places_.emplace(identity, place);
    if (!fresh) {
      throw UsageError(fmt::format("{}: {} {} is given twice (first in {}); allowed: each setting once",
                                   place, what_, label, found->second));
    }
  }

 private:
  std::string what_;
  std::map<std::string, std::string> places_;
};

std::vector<int> read_chunks(const GivenConfig& given) {
  Json axis = given.value("chunks");
  const std::string place = given.place("chunks");
  if (axis.is_null()) axis = 64;
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

std::string read_name(const GivenConfig& given, std::string_view default_name) {
  const Json name = given.value("name");
  if (name.is_null()) return std::string(default_name);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  const std::string text = name.is_string() ? name.get<std::string>() : "";
  if (text.empty() || text.front() == '.' || text.front() == '-' ||
      !std::all_of(text.begin(), text.end(), fits)) {
    throw UsageError(
        fmt::format("{}: found {}; allowed: letters, digits, '.', '_' and '-' (it names the result file)",
                    given.place("name"), name.dump()));
  }
  return text;
}

bool read_reference(const GivenConfig& given) {
  static const std::vector<std::string> choices{"rounded", "given"};
  const Json reference = given.value("reference");
  if (reference.is_null()) return false;
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

}  // namespace

Json SweepConfig::json() const {
  Json config{{"name", name},
              {"seed", seed},
              {"trials", trials},
              {"chunks", chunks},
              {"families", Json::array()},
              {"methods", Json::array()},
              {"arithmetics", Json::array()},
              {"reference", compare_with_given ? "given" : "rounded"},
              {"kernels", Json::array()},
              {"layer", false},
              {"decompose", false},
              {"layer_chunks", layer_chunks}};
  for (const FamilyEntry& entry : families) {
    config["families"].push_back(named("family", entry.spec.family, entry.spec.settings));
  }
  for (const MethodSpec& spec : methods) {
    config["methods"].push_back(named("method", spec.method->description.name, spec.settings));
  }
  for (const Arithmetic& arithmetic : arithmetics) {
    config["arithmetics"].push_back(named("arithmetic", arithmetic.name, arithmetic.settings));
  }
  for (const Recipe& kernel : kernels) {
    config["kernels"].push_back(named("kernel", kernel.name, kernel.settings));
  }
  return config;
}

std::vector<Setting> SweepConfig::settings(int n) const {
  std::vector<Setting> all;
  for (const MethodSpec& method : methods) {
    for (const Arithmetic& arithmetic : arithmetics) all.push_back({&method, &arithmetic});
  }
  for (const Recipe& kernel : kernels) {
    if (kernel.takes(n)) all.push_back({&kernel.method, &kernel.summary_arithmetic, &kernel});
  }
  return all;
}

SweepConfig make_config(const Json& json, const ConfigOverrides& overrides, std::string_view place,
                        const std::filesystem::path& directory, std::string_view default_name) {
  const GivenConfig given(json, overrides, place, directory);
  SweepConfig config;
  config.name = read_name(given, default_name);
  config.seed = static_cast<std::uint64_t>(given.whole_number("seed", 1, 0, largest_seed));
  config.trials = static_cast<int>(given.whole_number("trials", 8, 1, most_trials));
  config.chunks = read_chunks(given);
  config.compare_with_given = read_reference(given);
  expect_neutral(given, "layer", false);
  expect_neutral(given, "decompose", false);
  config.layer_chunks = given.whole_number("layer_chunks", config.layer_chunks, 1, most_layer_chunks);

  OnceOnly families("family"), methods("method"), arithmetics("arithmetic"), kernels("kernel");
  for (const auto& [item, item_place] : given.items("families", "family")) {
    for (FamilySpec& spec : expand_family(item, item_place)) {
      families.add(spec.family + spec.settings.json().dump(), label_of(spec), item_place);
      config.families.push_back({std::move(spec), item_place, given.directory("families")});
    }
  }
  if (given.has("kernels")) {
    for (const auto& [item, item_place] : given.items("kernels", "kernel")) {
      for (Recipe& recipe : expand_recipe(item, item_place, given.directory("kernels"))) {
        kernels.add(recipe.name + recipe.settings.json().dump(), label_of(recipe), item_place);
        config.kernels.push_back(std::move(recipe));
      }
    }
    // Kernels alone are a sweep too.
    if (!given.has("methods") && !given.has("arithmetics")) return config;
  }
  for (const auto& [item, item_place] : given.items("methods", "method")) {
    for (MethodSpec& spec : expand_method(item, item_place)) {
      methods.add(spec.method->description.name + spec.settings.json().dump(), label_of(spec), item_place);
      config.methods.push_back(std::move(spec));
    }
  }
  for (const auto& [item, item_place] : given.items("arithmetics", "arithmetic")) {
    for (Arithmetic& arithmetic : expand_arithmetic(item, item_place)) {
      arithmetics.add(arithmetic.name + arithmetic.settings.json().dump(), label_of(arithmetic), item_place);
      config.arithmetics.push_back(std::move(arithmetic));
    }
  }
  return config;
}

SweepConfig load_config(const std::filesystem::path& file, const ConfigOverrides& overrides) {
  if (file == "-") {
    const std::string text(std::istreambuf_iterator<char>(std::cin), {});
    if (std::cin.bad()) {
      throw InputError("standard input: cannot read the configuration: reading failed; allowed: JSON");
    }
    return make_config(parse_config_text(text, "standard input"), overrides, "standard input", "", "sweep");
  }
  return make_config(read_config_file(file), overrides, file.string(), file.parent_path(),
                     file.stem().string());
}

}  // namespace tristab
