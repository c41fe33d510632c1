// What the schemas of all registries share: a name, or an object of a name and that entry's parameters.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tristab/base/parameter_schema.h"

namespace tristab {

// The schema of one value of a parameter; value_schema, where the owner knows no more.
using ValueSchema = std::function<Json(const Parameter& parameter)>;

// One entry of a registry, or several that take the same parameters.
struct SchemaEntry {
  std::vector<std::string> names;
  const Description* description = nullptr;  // what an editor shows; null: nothing
  std::vector<Parameter> parameters;
  std::vector<Json> conditions;  // what no single parameter can say
};

// {"if": the object's key `owner` is one of the names, "then": the entry's parameters and no others}.
Json object_case(const std::string& owner, const SchemaEntry& entry, const ValueSchema& value,
                 SchemaDefinitions& definitions);

// The forms of a setting, for anyOf: a name as in `names`, a text as in `text` (null: none), or an object with the key
// `owner`, to which the cases apply.
Json setting_forms(const std::string& owner, const Json& names, std::vector<Json> cases, const Json& text,
                   SchemaDefinitions& definitions);

// Names with the lines that an editor shows beside them.
Json names_schema(const std::vector<std::string>& names, const std::vector<std::string>& summaries);
Json names_schema(std::span<const Description> descriptions);

// One setting: what `reference` allows, without lists of two or more.
Json single_schema(const Json& reference);

}  // namespace tristab
