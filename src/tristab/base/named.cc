#include "tristab/base/named.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

// In parentheses if it would not be read back as one value.
std::string value_text(const std::string& key, const Json& value, std::string (*nested)(const Json& value)) {
  std::string text;
  if (value.is_string()) {
    text = value.get<std::string>();
  } else if (value.is_object() && nested != nullptr) {
    text = nested(value);
  } else {
    return value.dump();
  }
  const bool splits = text.find_first_of(key == "path" ? ":," : ":,/") != std::string::npos;
  return splits ? fmt::format("({})", text) : text;
}

}  // namespace

std::string Named::identity() const { return name + settings.json().dump(); }

Json Named::json(std::string_view key) const {
  Json object = settings.json();
  object[std::string(key)] = name;
  return object;
}

std::optional<HashedPath> hashed_path(std::string_view name) {
  constexpr std::string_view ending = ".json";
  if (name.ends_with(ending)) return HashedPath{std::string(name), ""};
  const std::size_t at = name.rfind('@');
  if (at == std::string_view::npos || !name.substr(0, at).ends_with(ending)) return std::nullopt;
  const std::string_view rest = name.substr(at + 1);
  const bool hash = !rest.empty() && std::ranges::all_of(rest, [](unsigned char c) { return std::isalnum(c) != 0; });
  return hash ? std::optional(HashedPath{std::string(name.substr(0, at)), std::string(rest)}) : std::nullopt;
}

GivenName read_given_name(const Json& given, std::string_view key, std::string_view example, std::string_view place) {
  const std::string name_key(key);
  // The path of a recipe may hold colons, so it is not parsed as NAME:parameter=value.
  const bool path = given.is_string() && hashed_path(given.get_ref<const std::string&>());
  Json object = path                ? Json{{name_key, given}}
                : given.is_string() ? parse_inline(given.get_ref<const std::string&>(), key, place)
                                    : given;
  if (!object.is_object() || !object.contains(name_key) || !object[name_key].is_string())
    refuse(place, quoted(given), fmt::format("a name, or an object such as {}", example));
  GivenName result;
  result.name = object[name_key].get<std::string>();
  result.place = given.is_string() ? std::string(place) : fmt::format("{}.{}", place, key);
  object.erase(name_key);
  result.parameters = std::move(object);
  return result;
}

std::string label_of(std::string_view name, const Json& settings, const Json& defaults,
                     std::string (*nested)(const Json& value), std::span<const Parameter> table) {
  std::string label(name);
  const auto append = [&](const std::string& key, const Json& value) {
    const auto known = defaults.find(key);
    if (known == defaults.end() || *known != value) label += fmt::format(":{}={}", key, value_text(key, value, nested));
  };
  for (const Parameter& parameter : table) append(parameter.name, settings.at(parameter.name));
  if (!table.empty()) return label;
  for (const auto& [key, value] : settings.items()) append(key, value);
  return label;
}

}  // namespace tristab
