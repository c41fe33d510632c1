// Members of JSON objects that may be absent or of another type, as in files of other versions and other programs.
#pragma once

#include <string>

#include "tristab/base/json.h"

namespace tristab {

// Empty where it is no text, and where `object` is no object.
inline std::string text_or_empty(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// `absent` where it is no number, and where `object` is no object.
template <class Number>
Number number_or(const Json& object, const char* name, Number absent) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<Number>() : absent;
}

}  // namespace tristab
