#include "tristab/sweep/label.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tristab {
namespace {

const Description* find_description(std::span<const Description> descriptions, std::string_view name) {
  const auto found = std::find_if(descriptions.begin(), descriptions.end(),
                                  [&](const Description& d) { return d.name == name; });
  return found == descriptions.end() ? nullptr : &*found;
}

std::span<const Parameter> method_parameters(std::string_view name) {
  for (const Method& method : methods()) {
    if (method.description.name == name) return method.description.parameters;
  }
  return {};
}

// A value as one types it; a nested method or family as its label in parentheses.
std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.contains("method") && value["method"].is_string()) {
    const std::string name = value["method"];
    Json settings = value;
    settings.erase("method");
    const std::string label = settings_label(name, settings, method_parameters(name));
    return label == name ? name : fmt::format("({})", label);
  }
  if (value.is_object() && value.contains("family") && value["family"].is_string()) {
    const std::string name = value["family"];
    Json settings = value;
    settings.erase("family");
    const std::string label = label_of(FamilySpec{name, Settings(settings)});
    return label == name ? name : fmt::format("({})", label);
  }
  return value.dump();
}

}  // namespace

std::string settings_label(std::string_view name, const Json& settings, std::span<const Parameter> table) {
  std::string label(name);
  for (const auto& [key, value] : settings.items()) {
    const auto parameter = std::find_if(table.begin(), table.end(),
                                        [&wanted = key](const Parameter& p) { return p.name == wanted; });
    if (parameter != table.end() && shown(parameter->default_value) == shown(value)) continue;
    label += fmt::format(":{}={}", key, shown(value));
  }
  return label;
}

std::string label_of(const MethodSpec& spec) {
  const Description& description = spec.method->description;
  return settings_label(description.name, spec.settings.json(), description.parameters);
}

std::span<const Parameter> arithmetic_parameters(std::string_view name) {
  const Description* description = find_description(arithmetic_descriptions(), name);
  if (description == nullptr) description = find_description(arithmetic_descriptions(), "eXmY");
  return description == nullptr ? std::span<const Parameter>{} : description->parameters;
}

std::string label_of(const Arithmetic& arithmetic) {
  if (arithmetic.name == "recipe") return arithmetic.name;  // its settings are the stages' arithmetics
  return settings_label(arithmetic.name, arithmetic.settings.json(), arithmetic_parameters(arithmetic.name));
}

std::string label_of(const FamilySpec& spec) {
  // Families settle parameters that depend on others ("strength" of keys = silu), so their defaults are what
  // the name alone stands for.
  static const std::map<std::string, Json> defaults = [] {
    std::map<std::string, Json> all;
    for (const Description& description : family_descriptions()) {
      const bool reads_files = description.name == "file";  // no defaults without a path
      const Json given = reads_files ? Json{{"family", "file"}, {"path", "."}} : Json(description.name);
      Json settings = expand_family(given, description.name).front().settings.json();
      if (reads_files) settings.erase("path");
      all[description.name] = std::move(settings);
    }
    return all;
  }();
  Json settings = spec.settings.json();
  const auto known = defaults.find(spec.family);
  if (known != defaults.end()) {
    for (const auto& [name, value] : known->second.items()) {
      if (settings.contains(name) && settings[name] == value) settings.erase(name);
    }
  }
  return settings_label(spec.family, settings, {});
}

}  // namespace tristab
