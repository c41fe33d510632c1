#include "tristab/base/json_text.h"

#include <fmt/compile.h>

#include <cmath>

#include "tristab/base/json.h"

namespace tristab {

std::string json_number(double value) {
  std::string text;
  append_json_number(text, value);
  return text;
}

void append_json_number(std::string& text, double value) {
  if (!std::isfinite(value)) {
    text += "null";
    return;
  }
  // The shortest decimal of a whole number below 2^53 has all its digits. Most numbers of a record are such, and these
  // take a tenth of the time.
  constexpr double whole_limit = 9007199254740992;
  if (std::abs(value) < whole_limit && !(value == 0 && std::signbit(value))) {
    if (const auto whole = static_cast<std::int64_t>(value); static_cast<double>(whole) == value)
      return append_json_integer(text, whole);
  }
  std::array<char, 32> digits;
  text.append(digits.data(), fmt::format_to(digits.data(), FMT_COMPILE("{}"), value));
}

std::string real_text(std::string number) {
  if (number.find_first_not_of("-0123456789") == std::string::npos) number += ".0";
  return number;
}

std::string json_string(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

void append_json_string(std::string& text, std::string_view value) {
  if (is_plain_json(value)) {
    text += '"';
    text += value;
    text += '"';
  } else {
    text += Json(std::string(value)).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

std::string valid_utf8(std::string_view text) { return Json::parse(json_string(text)).get<std::string>(); }

std::string json_text(const Json& value) {
  if (value.is_number_float()) return json_number(value.get<double>());
  if (value.is_string()) return json_string(value.get_ref<const std::string&>());
  if (value.is_object()) {
    JsonObject object;
    for (const auto& [name, member] : value.items()) object.raw(name, json_text(member));
    return object.str();
  }
  if (value.is_array()) {
    JsonArray array;
    for (const Json& element : value) array.raw(json_text(element));
    return array.str();
  }
  return value.dump();
}

void JsonKey::append_to(std::string& text) const {
  if (plain_) {
    const std::size_t begin = text.size();
    text.resize(begin + name_.size() + 4);
    char* const quoted = text.data() + begin;
    quoted[0] = '"';
    name_.copy(quoted + 1, name_.size());
    std::string_view("\": ").copy(quoted + 1 + name_.size(), 3);
  } else {
    append_json_string(text, name_);
    text += ": ";
  }
}

}  // namespace tristab
