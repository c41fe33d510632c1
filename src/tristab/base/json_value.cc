#include "tristab/base/json_value.h"

#include <mutex>

#include "tristab/base/json.h"
#include "tristab/base/json_text.h"

namespace tristab {

struct JsonValue::Shared {
  explicit Shared(Json value) : json(std::move(value)) {}

  const Json json;
  mutable std::once_flag has_text;
  mutable std::string text;
};

JsonValue::JsonValue(const Json& value) : value_(std::make_shared<const Shared>(value)) {}
JsonValue::JsonValue(Json&& value) : value_(std::make_shared<const Shared>(std::move(value))) {}
JsonValue::JsonValue(const std::string& text) : value_(std::make_shared<const Shared>(Json(text))) {}
void JsonValue::set_flag(bool flag) { value_ = std::make_shared<const Shared>(Json(flag)); }
void JsonValue::set_integer(std::int64_t number) { value_ = std::make_shared<const Shared>(Json(number)); }
void JsonValue::set_real(double number) { value_ = std::make_shared<const Shared>(Json(number)); }

const Json& JsonValue::json() const {
  static const Json null;
  return value_ ? value_->json : null;
}

const std::string& JsonValue::text() const {
  static const std::string null = "null";
  if (!value_) return null;
  std::call_once(value_->has_text, [this] { value_->text = json_text(value_->json); });
  return value_->text;
}

bool JsonValue::is_null() const { return json().is_null(); }
bool JsonValue::operator==(const JsonValue& other) const { return json() == other.json(); }

std::string quoted(const Json& value) {
  constexpr std::size_t longest = 60;
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return text.substr(0, end) + "...";
}

}  // namespace tristab
