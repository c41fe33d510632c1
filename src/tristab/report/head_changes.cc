#include "tristab/report/head_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tristab/base/json.h"
#include "tristab/sweep/scenario.h"

namespace tristab {
namespace {

using Changes = std::vector<HeadChange>;

std::string short_text(const Json& value) { return value.is_string() ? value.get<std::string>() : quoted(value); }

// The name of an entry of a list: "mxr" of {"method": "mxr", ...}, "first" of a scenario.
std::string entry_name(const Json& entry) {
  if (!entry.is_object()) return short_text(entry);
  const auto named = [&](const char* key) { return entry.contains(key) && entry[key].is_string(); };
  for (const ScenarioList& list : scenario_lists()) {
    if (named(list.name_key)) return entry[list.name_key].get<std::string>();
  }
  return named("name") ? entry["name"].get<std::string>() : quoted(entry);
}

void add_changes(const std::string& what, const Json& before, const Json& after, Changes& changes);

void add_key_changes(const std::string& what, const Json& before, const Json& after, Changes& changes) {
  static const Json nothing;
  Json keys = before;
  keys.update(after);
  for (const auto& [key, value] : keys.items()) {
    const std::string place = what.empty() ? key : fmt::format("{}{} {}", what, what.ends_with(':') ? "" : ":", key);
    add_changes(place, before.contains(key) ? before[key] : nothing, after.contains(key) ? after[key] : nothing,
                changes);
  }
}

// Lists of numbers are one value; the entries of others are compared by their names.
void add_list_changes(const std::string& what, const Json& before, const Json& after, Changes& changes) {
  std::vector<const Json*> removed, added;
  for (const Json& entry : before) removed.push_back(&entry);
  for (const Json& entry : after) {
    const auto same = std::ranges::find_if(removed, [&](const Json* each) { return *each == entry; });
    same == removed.end() ? added.push_back(&entry) : static_cast<void>(removed.erase(same));
  }
  for (const Json* entry : added) {
    const auto namesake =
        std::ranges::find_if(removed, [&](const Json* each) { return entry_name(*each) == entry_name(*entry); });
    if (namesake == removed.end()) {
      changes.push_back({what, "", entry_name(*entry)});
      continue;
    }
    add_key_changes(fmt::format("{} {}", what, entry_name(*entry)), **namesake, *entry, changes);
    removed.erase(namesake);
  }
  for (const Json* entry : removed) changes.push_back({what, entry_name(*entry), ""});
}

void add_changes(const std::string& what, const Json& before, const Json& after, Changes& changes) {
  if (before == after) return;
  const auto has_entries = [](const Json& list) { return list.is_array() && (list.empty() || !list[0].is_number()); };
  if (before.is_object() && after.is_object()) {
    add_key_changes(what, before, after, changes);
  } else if (has_entries(before) && has_entries(after)) {
    add_list_changes(what, before, after, changes);
  } else {
    changes.push_back({what, before.is_null() ? "" : short_text(before), after.is_null() ? "" : short_text(after)});
  }
}

}  // namespace

std::vector<HeadChange> head_changes(const ResultHead& before, const ResultHead& after) {
  Changes changes;
  const auto compare = [&](const char* what, const JsonValue& one, const JsonValue& other) {
    const auto said = [](const JsonValue& value) { return value.is_null() ? "not given" : "given"; };
    if (one.is_null() || other.is_null()) {
      if (one.is_null() != other.is_null()) changes.push_back({what, said(one), said(other)});
      return;
    }
    Json old_part = one.json(), new_part = other.json();
    for (Json* part : {&old_part, &new_part}) part->erase("simd");  // of the machine
    add_key_changes("", old_part, new_part, changes);
  };
  compare("tool", before.tool, after.tool);
  compare("configuration", before.config, after.config);
  return changes;
}

std::string change_text(const HeadChange& change) {
  if (change.before.empty()) return fmt::format("{}: {} added", change.what, change.after);
  if (change.after.empty()) return fmt::format("{}: {} removed", change.what, change.before);
  return fmt::format("{} {} -> {}", change.what, change.before, change.after);
}

}  // namespace tristab
