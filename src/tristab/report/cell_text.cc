#include "tristab/report/cell_text.h"

#include <cmath>

#include "tristab/base/json_text.h"

namespace tristab {
namespace {

void append_quoted_csv(std::string& csv, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    csv += text;
    return;
  }
  csv += '"';
  for (const char c : text) {
    if (c == '"') csv += '"';
    csv += c;
  }
  csv += '"';
}

}  // namespace

std::string quoted_csv(std::string_view text) {
  std::string csv;
  append_quoted_csv(csv, text);
  return csv;
}

void append_csv(std::string& csv, const Cell& cell, Field::Kind kind) {
  const std::size_t before = csv.size();
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    append_json_integer(csv, *whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    if (std::isfinite(*real)) csv += real_text(json_number(*real));
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    append_quoted_csv(csv, *text);
  } else if (const auto* json = std::get_if<JsonText>(&cell)) {
    append_quoted_csv(csv, json->text);
  } else if (const auto* own = std::get_if<OwnJsonText>(&cell)) {
    append_quoted_csv(csv, own->text);
  }
  if (csv.size() == before) csv += absent_csv(kind);
}

const char* absent_csv(Field::Kind kind) {
  return kind == Field::Kind::text ? "none" : kind == Field::Kind::real ? "NaN" : "";
}

void append_json(std::string& json, const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    append_json_integer(json, *whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    append_json_number(json, *real);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    append_json_string(json, *text);
  } else if (const auto* shared = std::get_if<JsonText>(&cell)) {
    json += shared->text;
  } else if (const auto* own = std::get_if<OwnJsonText>(&cell)) {
    json += own->text;
  } else {
    json += "null";
  }
}

}  // namespace tristab
