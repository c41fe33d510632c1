#include "tristab/report/page_template.h"

#include <string>
#include <utility>

#include "tristab/report/replaced.h"

namespace tristab {

void write_page(std::span<const EmbeddedFile> assets, std::string_view title, std::string_view json,
                OutputFile& output) {
  std::string page, style, script;
  for (const EmbeddedFile& asset : assets)
    (asset.name.ends_with(".html") ? page : asset.name.ends_with(".css") ? style : script) += asset.text;
  const std::pair<std::string_view, std::string> values[] = {
      {"title", replaced(title, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}})},
      {"style", std::move(style)},
      {"script", std::move(script)},
      {"data", replaced(json, {{"<", "\\u003c"}})}};
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
