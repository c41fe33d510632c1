// Things that a configuration gives as a name, or as an object with a name and parameters: families, methods,
// arithmetics, formations, kernels. Here they are read, labelled and written; named_schema (sweep/schema.h) describes
// them to editors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tristab/base/parameters.h"

namespace tristab {

// A registry entry with one value for each of its parameters.
struct Named {
  std::string name;
  Settings settings;  // complete
  std::string label;  // "mxr:block=8": the name and the parameters that differ from their defaults (label_of)

  std::string identity() const;  // name and all parameters: equal only for equal things

  // {"method": "mxr", "block": 8, ...}; `key` is "method".
  Json json(std::string_view key) const;
};

// Results name a file of which a configuration says mine.json as mine.json@1f2e3d4c, with a hash of what it says, so
// that another one of that name is noticed.
struct HashedPath {
  std::string path;
  std::string hash;  // "" if the name has none
};
std::optional<HashedPath> hashed_path(std::string_view name);  // none: not the name of a .json file

// The name and parameters that a configuration gives for a Named thing.
struct GivenName {
  std::string name;
  JsonValue parameters;  // an object; its values may be lists
  std::string place;     // of the name, for messages
};

// Reads {key: NAME, parameter: value, ...}, "NAME" or "NAME:parameter=value". `example`, an object that would be
// accepted, completes the error message. Throws UsageError with the place, what was found and what is allowed.
GivenName read_given_name(const Json& given, std::string_view key, std::string_view example, std::string_view place);

// "mxr:block=8:last=kept", as a user would type it: the name, and each setting whose value differs from that in
// `defaults`, in the order of the keys' names, or of `table` if one is given. `nested` gives the label of a value that
// is itself a Named thing; a label with parameters is put in parentheses.
std::string label_of(std::string_view name, const Json& settings, const Json& defaults,
                     std::string (*nested)(const Json& value) = nullptr, std::span<const Parameter> table = {});

}  // namespace tristab
