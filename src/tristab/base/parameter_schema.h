// Parameter tables as JSON Schema: what complete_settings and expand_settings take, said in a form that editors read.
// Source: JSON Schema draft 7, https://json-schema.org/draft-07/json-schema-validation; `enumDescriptions`, which
// validators pass over, belongs to VS Code's JSON language service.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "tristab/base/parameters.h"

namespace tristab {

// The `definitions` of a schema. Equal schemas are stored once, so that a parameter that forty tables share costs the
// text of one.
class SchemaDefinitions {
 public:
  // {"$ref": "#/definitions/NAME"} to `schema` under `name`, or under the name of an equal one; a different schema of a
  // name that is taken becomes "NAME.2", ....
  Json refer(const std::string& name, const Json& schema);

  // The same for a name that others refer to before its schema is known (recursive ones): reserve first, then set.
  Json reserve(const std::string& name);
  void set(const std::string& name, Json schema);

  const Json& json() const { return definitions_; }

 private:
  Json definitions_ = Json::object();
  std::map<std::string, std::string> names_;  // by the schema's text
};

Json reference_to(const std::string& name);  // {"$ref": "#/definitions/NAME"}

// One value of a parameter, without lists: whole numbers also as 16.0, booleans also as "on" and "off", choices that
// are whole numbers also as numbers, "auto" where it is allowed, null where the parameter may be absent. Text and nested
// parameters are any string, and any string or object: their owners know more.
Json value_schema(const Parameter& parameter);

// {"description": help, "default": ..., a value | a list of values | a range "16:256:*2" of an integer}.
// `value` is the schema of one value.
Json parameter_schema(const Parameter& parameter, const Json& value, SchemaDefinitions& definitions);

// A text as it may stand on a command line too, "name:key=value:key=value": a regular expression (ECMA 262) over the
// names, each with the parameters that it takes.
std::string inline_pattern(std::string_view name_pattern, std::span<const Parameter> parameters);

// Letters with a meaning in regular expressions quoted.
std::string quoted_pattern(std::string_view text);

// `name` is there, and neither null nor a list that holds null (both leave a parameter absent).
Json given_schema(const std::string& name);

// Where `parameter` is given, every value of `owner` (whose default is `otherwise`) is one of `allowed`.
Json only_with_schema(const std::string& parameter, const std::string& owner, const Json& otherwise,
                      std::span<const std::string> allowed);

// Not both of them.
Json exclusive_schema(const std::string& one, const std::string& other);

}  // namespace tristab
