// JSON as text. Fields are written in the order in which they are added.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tristab/base/parameters.h"

namespace tristab {

// The shortest decimal that reads back as the same double; "null" if it is not finite.
std::string json_number(double value);

// Text in quotes, escaped; bytes that are not UTF-8 are replaced.
std::string json_string(std::string_view text);

// The text with bytes that are not UTF-8 replaced as there, by U+FFFD.
std::string valid_utf8(std::string_view text);

// A number from json_number, written so that it reads as real even if it is whole ("1.0"): some readers of tables
// (polars) take a column's type from its first 100 rows.
std::string real_text(std::string number);

// Any JSON value on one line; doubles as in json_number, object keys sorted.
std::string json_text(const Json& value);

// {"name": value, ...} on one line.
class JsonObject {
 public:
  JsonObject& raw(std::string_view name, std::string_view json);  // `json` is JSON text already
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  JsonObject& number(std::string_view name, double value) { return raw(name, json_number(value)); }
  JsonObject& integer(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& json(std::string_view name, const Json& value) { return raw(name, json_text(value)); }
  bool empty() const { return text_.size() == 1; }
  std::string str() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

// [a, b, ...]; each element is JSON text.
class JsonArray {
 public:
  JsonArray& raw(std::string_view json);
  std::string str() const { return text_ + "]"; }

 private:
  std::string text_ = "[";
};

}  // namespace tristab
