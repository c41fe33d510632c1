// Members of JSON objects that may be absent or of another type, as in files of other versions and other programs.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
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

// A whole number from `least` to `most`, however it is written (16, 16.0, 1.6e1); none for anything else.
inline std::optional<std::int64_t> whole_number(const Json& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number()) return std::nullopt;
  // Only an integer that is not negative is held without a sign.
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >> 63 != 0) return std::nullopt;
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (!(std::fabs(number) < 0x1p63) || std::trunc(number) != number) return std::nullopt;
  }
  const auto whole = value.get<std::int64_t>();
  return least <= whole && whole <= most ? std::optional(whole) : std::nullopt;
}

}  // namespace tristab
