#include "tristab/report/page_json.h"

#include <fmt/format.h>

#include <cmath>

namespace tristab {

std::string page_number(double value, int digits) {
  if (std::isinf(value)) return value > 0 ? "\"inf\"" : "\"-inf\"";
  if (std::isnan(value)) return "null";
  std::string text = fmt::format("{:.{}g}", value, digits);
  const std::size_t exponent = text.find('e');
  if (exponent == std::string::npos) return text;
  std::size_t first = exponent + 1;
  if (text[first] == '+') text.erase(first, 1);
  if (text[first] == '-') ++first;
  while (first + 1 < text.size() && text[first] == '0') text.erase(first, 1);
  return text;
}

std::string escaped_for_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    c == '<' ? text += "\\u003c" : text += c;
  }
  return text;
}

}  // namespace tristab
