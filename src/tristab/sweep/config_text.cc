#include "tristab/sweep/config_text.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/base/input_file.h"
#include "tristab/base/json_reader.h"

namespace tristab {
Json read_config_file(const std::filesystem::path& file) {
  return parse_user_json(read_input(file, " the configuration", "a JSON file"),
                         file == "-" ? "standard input" : file.string());
}

std::vector<std::string> split_list(std::string_view text, std::string_view place) {
  std::vector<std::string> items{""};
  int depth = 0;
  bool quoted = false, escaped = false;
  for (const char c : text) {
    if (quoted) {
      quoted = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else {
      quoted = c == '"';
      depth += (c == '{' || c == '[' || c == '(') - (c == '}' || c == ']' || c == ')');
      if (c == ',' && depth == 0) {
        items.emplace_back();
        continue;
      }
    }
    if (items.back().empty() && c == ' ') continue;
    items.back() += c;
  }
  for (const std::string& item : items) {
    if (item.empty()) refuse(place, fmt::format("an empty item in '{}'", text), "names separated by commas");
  }
  return items;
}

}  // namespace tristab
