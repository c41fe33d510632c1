#include "tristab/report/cell_text.h"

#include <cmath>

#include "tristab/base/json_text.h"

namespace tristab {

std::string quoted_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string cell_csv(const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&cell)) return std::isfinite(*real) ? real_text(json_number(*real)) : "";
  if (const auto* text = std::get_if<std::string>(&cell)) return quoted_csv(*text);
  if (const auto* json = std::get_if<JsonText>(&cell)) return quoted_csv(json->text);
  return "";
}

const char* absent_csv(Field::Kind kind) {
  return kind == Field::Kind::text ? "none" : kind == Field::Kind::real ? "NaN" : "";
}

std::string cell_json(const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&cell)) return json_number(*real);
  if (const auto* text = std::get_if<std::string>(&cell)) return json_string(*text);
  if (const auto* json = std::get_if<JsonText>(&cell)) return json->text;
  return "null";
}

}  // namespace tristab
