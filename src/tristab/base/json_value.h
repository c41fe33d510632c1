// A JSON value behind a pointer. Headers that hold one do not need the JSON library (json.h includes it); most files of
// the program then compile in a fifth of the time.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <type_traits>

namespace tristab {

using Json = nlohmann::json;  // objects are sorted by key: the same settings always print as the same text

// Immutable; copies share the value.
class JsonValue {
 public:
  JsonValue() = default;  // null
  JsonValue(std::nullptr_t) {}
  JsonValue(const Json& value);
  JsonValue(Json&& value);
  JsonValue(const char* text) : JsonValue(std::string(text)) {}
  JsonValue(const std::string& text);
  template <typename Number>
  requires std::is_arithmetic_v<Number> JsonValue(Number number) {
    if constexpr (std::same_as<Number, bool>) {
      set_flag(number);
    } else if constexpr (std::integral<Number>) {
      set_integer(static_cast<std::int64_t>(number));
    } else {
      set_real(number);
    }
  }

  const Json& json() const;
  const std::string& text() const;  // as json_text() writes it; made once
  operator const Json&() const { return json(); }
  bool is_null() const;
  bool operator==(const JsonValue& other) const;

 private:
  void set_flag(bool flag);
  void set_integer(std::int64_t number);
  void set_real(double number);

  struct Shared;
  std::shared_ptr<const Shared> value_;  // null: JSON's null
};

// A value as messages quote it: its JSON text, at most 60 bytes of it. Bytes that are not UTF-8 are replaced.
std::string quoted(const Json& value);

}  // namespace tristab
