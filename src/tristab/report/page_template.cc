#include "tristab/report/page_template.h"

namespace tristab {

std::string escaped_for_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string filled(std::string_view page, const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string text;
  while (!page.empty()) {
    const std::size_t open = page.find("{{");
    text += page.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    for (const auto& [known, value] : values) {
      if (known == name) text += value;
    }
    page.remove_prefix(close + 2);
  }
  return text;
}

}  // namespace tristab
