#include "tristab/base/json_text.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/json.h"

namespace tristab {

std::string json_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

std::string real_text(std::string number) {
  if (number.find_first_not_of("-0123456789") == std::string::npos) number += ".0";
  return number;
}

std::string json_string(std::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
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

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ", ";
  text_ += json_string(name);
  text_ += ": ";
  text_ += json;
  return *this;
}

JsonArray& JsonArray::raw(std::string_view json) {
  if (text_.size() > 1) text_ += ", ";
  text_ += json;
  return *this;
}

}  // namespace tristab
