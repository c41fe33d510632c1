#include "tristab/sweep/config_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/config_text.h"

namespace tristab {

ConfigReader::ConfigReader(const Json& given, const ConfigOverrides& overrides, std::string_view place, Folders folders,
                           const std::vector<std::string>& keys)
    : given_(given), overrides_(overrides), place_(place), folders_(std::move(folders)) {
  if (!given.is_object()) refuse(place, given.type_name(), fmt::format("an object with the keys {}", join_names(keys)));
  for (const auto& [key, value] : given.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw_unknown_name(place, "configuration key", key, keys);
  }
}

std::string ConfigReader::place(std::string_view key) const {
  const auto found = overrides_.find(key);
  if (found == overrides_.end()) return fmt::format("{}: {}", place_, key);
  return found->second.option.empty() ? fmt::format("--{}", key) : found->second.option;
}

std::filesystem::path ConfigReader::directory(std::string_view key) const {
  return overridden(key) ? "" : folders_.of(key);
}

Json ConfigReader::value(const std::string& key) const {
  const auto found = overrides_.find(key);
  if (found != overrides_.end()) return parse_scalar(found->second.text);
  return given_.contains(key) ? given_[key] : Json();
}

bool ConfigReader::has(const std::string& key) const {
  const Json found = value(key);
  return !found.is_null() && !(found.is_array() && found.empty());
}

std::vector<std::pair<Json, std::string>> ConfigReader::items(const std::string& key, std::string_view name_key) const {
  std::vector<std::pair<Json, std::string>> items;
  const auto found = overrides_.find(key);
  if (found != overrides_.end()) {
    for (const std::string& item : split_list(found->second.text, place(key))) items.emplace_back(item, place(key));
    return items;
  }
  const Json list = value(key);
  const std::string allowed =
      fmt::format("a list of names and objects such as {{\"{}\": NAME, ...}}, at least one", name_key);
  if (list.is_null()) throw UsageError(fmt::format("{}: the key is missing; allowed: {}", place(key), allowed));
  if (!list.is_array() || list.empty()) refuse(place(key), quoted(list), allowed);
  for (std::size_t i = 0; i < list.size(); ++i) items.emplace_back(list[i], fmt::format("{}[{}]", place(key), i));
  return items;
}

std::string ConfigReader::text(const std::string& key, std::string_view default_value) const {
  const Json given = value(key);
  if (given.is_null()) return std::string(default_value);
  std::string text = given.is_string() ? given.get<std::string>() : "";
  if (text.empty() || text.find('\n') != std::string::npos) refuse(place(key), quoted(given), "one line of text");
  return text;
}

std::string ConfigReader::name(const std::string& key, std::string_view default_value) const {
  const Json given = value(key);
  if (given.is_null()) return std::string(default_value);
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  std::string text = given.is_string() ? given.get<std::string>() : "";
  if (text.empty() || text.front() == '.' || text.front() == '-' || !std::all_of(text.begin(), text.end(), fits))
    refuse(place(key), quoted(given), "letters, digits, '.', '_' and '-' (it names the result file)");
  return text;
}

void DuplicateCheck::add(const std::string& identity, const std::string& label, const std::string& place) {
  const auto [found, fresh] = places_.emplace(identity, place);
  if (!fresh) {
    throw UsageError(fmt::format("{}: {} {} is given twice (first in {}); allowed: each setting once", place, what_,
                                 label, found->second));
  }
}

}  // namespace tristab
