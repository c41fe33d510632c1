// JSON as text. Fields are written in the order in which they are added.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "tristab/base/parameters.h"

namespace tristab {

// The shortest decimal that reads back as the same double; "null" if it is not finite.
std::string json_number(double value);

// The same, behind `text`: records have a hundred numbers.
void append_json_number(std::string& text, double value);

// Text in quotes, escaped; bytes that are not UTF-8 are replaced.
std::string json_string(std::string_view text);

void append_json_string(std::string& text, std::string_view value);

// Whether the text in quotes is its JSON text: ASCII without quotes, backslashes and control characters.
constexpr bool is_plain_json(std::string_view text) {
  unsigned special = 0;  // without a branch for each character
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    special |= static_cast<unsigned>(byte < 0x20) | static_cast<unsigned>(byte >= 0x7f) |
               static_cast<unsigned>(byte == '"') | static_cast<unsigned>(byte == '\\');
  }
  return special == 0;
}

// The text with bytes that are not UTF-8 replaced as there, by U+FFFD.
std::string valid_utf8(std::string_view text);

// A number from json_number, written so that it reads as real even if it is whole ("1.0"): some readers of tables
// (polars) take a column's type from its first 100 rows.
std::string real_text(std::string number);

// Any JSON value on one line; doubles as in json_number, object keys sorted.
std::string json_text(const Json& value);

template <std::integral Whole>
void append_json_integer(std::string& text, Whole value) {
  std::array<char, 20> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// The name of a member. A literal is checked when it is compiled, any other text when the key is made.
class JsonKey {
 public:
  template <std::size_t Size>
  consteval JsonKey(const char (&literal)[Size]) : name_(literal, Size - 1), plain_(is_plain_json(name_)) {}
  template <std::convertible_to<std::string_view> Text>
  requires(!std::is_array_v<Text>) JsonKey(const Text& name) : name_(name), plain_(is_plain_json(name_)) {}

  void append_to(std::string& text) const;

 private:
  std::string_view name_;
  bool plain_;
};

// {"name": value, ...} on one line.
class JsonObject {
 public:
  // The object begins behind `text`.
  explicit JsonObject(std::string text = {}) : text_(std::move(text)) { text_ += '{'; }

  JsonObject& raw(const JsonKey& key, std::string_view json) {  // `json` is JSON text already
    begin(key) += json;
    return *this;
  }
  JsonObject& text(const JsonKey& key, std::string_view value) {
    append_json_string(begin(key), value);
    return *this;
  }
  JsonObject& number(const JsonKey& key, double value) {
    append_json_number(begin(key), value);
    return *this;
  }
  JsonObject& integer(const JsonKey& key, std::int64_t value) {
    append_json_integer(begin(key), value);
    return *this;
  }
  JsonObject& flag(const JsonKey& key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& json(const JsonKey& key, const Json& value) { return raw(key, json_text(value)); }
  bool empty() const { return !has_any_; }
  const std::string& unfinished() const { return text_; }
  std::string str() const& { return text_ + '}'; }
  std::string str() && { return std::move(text_ += '}'); }

  // Behind the text returned, which has the key of the next member, its value is to be appended.
  std::string& begin(const JsonKey& key) {
    if (has_any_) text_ += ", ";
    has_any_ = true;
    key.append_to(text_);
    return text_;
  }

 private:
  std::string text_;
  bool has_any_ = false;
};

// [a, b, ...]; each element is JSON text.
class JsonArray {
 public:
  JsonArray& raw(std::string_view json) {
    begin() += json;
    return *this;
  }
  std::string str() const& { return text_ + ']'; }
  std::string str() && { return std::move(text_ += ']'); }

  // Behind the text returned the next element is to be appended.
  std::string& begin() {
    if (text_.size() > 1) text_ += ", ";
    return text_;
  }

 private:
  std::string text_ = "[";
};

}  // namespace tristab
