#include "tristab/report/page_template.h"

#include <string>
#include <utility>

namespace tristab {
namespace {

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

// Without '<', which could end the element.
std::string escaped_for_script(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    c == '<' ? text += "\\u003c" : text += c;
  }
  return text;
}

}  // namespace

void write_page(std::span<const EmbeddedFile> assets, std::string_view title, std::string_view json,
                OutputFile& output) {
  std::string page, style, script;
  for (const EmbeddedFile& asset : assets)
    (asset.name.ends_with(".html") ? page : asset.name.ends_with(".css") ? style : script) += asset.text;
  const std::pair<std::string_view, std::string> values[] = {{"title", escaped_for_html(title)},
                                                             {"style", std::move(style)},
                                                             {"script", std::move(script)},
                                                             {"data", escaped_for_script(json)}};
  for (std::string_view rest = page; !rest.empty();) {
    const std::size_t open = rest.find("{{");
    output.write(rest.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find("}}", open);
    for (const auto& [name, value] : values) {
      if (name == rest.substr(open + 2, close - open - 2)) output.write(value);
    }
    rest.remove_prefix(close + 2);
  }
  output.commit();
}

}  // namespace tristab
