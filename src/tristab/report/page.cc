#include "tristab/report/page.h"

#include <fmt/format.h>

#include <algorithm>

namespace tristab {
namespace {

// Blue, orange and magenta of the 256-colour cube, which themes of terminals do not change. They can be told apart
// with any colour vision and have a contrast (WCAG 2.1, 1.4.3) of at least 3.5 on black and on white. A worse result
// has a heavier style.
const char* code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::heading:
      return "1";
    case Style::pass:
      return "38;5;33";  // #0087ff
    case Style::marginal:
      return "38;5;166";  // #d75f00
    case Style::fail:
      return "1;38;5;162";  // #d70087
    case Style::nonfinite:
      return "1;4;38;5;162";
  }
  return "";
}

}  // namespace

std::size_t Page::prose_width() const {
  constexpr std::size_t widest = 100;
  return is_terminal() ? std::min(width, widest) : widest;
}

std::string styled(std::string_view text, Style style, const Page& page) {
  const std::string_view code = code_of(style);
  if (!page.colored || code.empty() || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

Style style_of_fit(std::string_view text) {
  if (text.starts_with("nonfinite")) return Style::nonfinite;
  if (text.starts_with("unfit") || text.starts_with("failed")) return Style::fail;
  return text.starts_with("fit") ? Style::pass : Style::plain;
}

}  // namespace tristab
