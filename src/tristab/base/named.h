// What a configuration calls by a name, or by an object of a name and parameters: families, methods, arithmetics,
// formations, kernels. How such a thing is read, labelled and written stands here once; named_schema (sweep/schema.h)
// describes it to editors.
#pragma once

#include <string>
#include <string_view>

#include "tristab/base/parameters.h"

namespace tristab {

// An entry of a registry, with one value for each of its parameters.
struct Named {
  std::string name;
  Settings settings;  // complete
  std::string label;  // "mxr:block=8": the name, and the parameters that are not default (label_of)

  std::string identity() const;  // name and all parameters: equal for equal things alone

  // {"method": "mxr", "block": 8, ...}; `key` is "method".
  Json json(std::string_view key) const;
};

// What was given for a Named thing.
struct GivenName {
  std::string name;
  JsonValue parameters;  // an object, lists of values included
  std::string place;     // of the name, for messages
};

// Reads {key: NAME, parameter: value, ...}, "NAME" or "NAME:parameter=value". `example` completes the message: an
// object that would be taken. Throws UsageError naming place, what was found and what is allowed.
GivenName read_given_name(const Json& given, std::string_view key, std::string_view example, std::string_view place);

// "mxr:block=8:last=kept": the name, and each of the settings that `defaults` does not hold with the same value, as one
// types them; in the order of their names, or of `table`. `nested` gives the label of a value that is a Named thing
// itself; parentheses are put around it where it has parameters.
std::string label_of(std::string_view name, const Json& settings, const Json& defaults,
                     std::string (*nested)(const Json& value) = nullptr, std::span<const Parameter> table = {});

}  // namespace tristab
