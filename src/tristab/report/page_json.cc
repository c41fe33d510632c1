#include "tristab/report/page_json.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/json_text.h"

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

std::string page_settings(const std::vector<CaseSetting>& settings) {
  return page_list(settings, [](const CaseSetting& s) {
    return fmt::format("[{},{},{},{}]", json_string(s.shown), json_string(s.arithmetic_label), json_string(s.formation),
                       s.kernel.empty() ? 0 : 1);
  });
}

}  // namespace tristab
