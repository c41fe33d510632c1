#include "tristab/report/table_format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/json_text.h"
#include "tristab/report/cell_text.h"
#include "tristab/report/replaced.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

std::string csv_value(const RowValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "none" : quoted_csv(*text);
  if (const auto* count = std::get_if<std::int64_t>(&value)) return std::to_string(*count);
  const double number = std::get<double>(value);
  if (std::isnan(number)) return "";
  return std::isinf(number) ? (number > 0 ? "inf" : "-inf") : json_number(number);
}

std::string json_value(const RowValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "null" : json_string(*text);
  if (const auto* count = std::get_if<std::int64_t>(&value)) return std::to_string(*count);
  return json_number(std::get<double>(value));
}

std::string markdown_value(const RowValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty() ? "-" : markdown(*text);
  if (const auto* count = std::get_if<std::int64_t>(&value)) return std::to_string(*count);
  return short_number(std::get<double>(value));
}

// "a,b,c\n"
template <class Values, class Word>
std::string joined(const Values& values, const char* separator, Word word) {
  std::vector<std::string> words;
  for (const auto& value : values) words.push_back(word(value));
  return fmt::format("{}", fmt::join(words, separator));
}

}  // namespace

TableFormat table_format_of(std::string_view name, std::string_view place) {
  static const std::vector<std::string> names{"text", "markdown", "csv", "json"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw_unknown_name(place, "format", name, names);
  return static_cast<TableFormat>(found - names.begin());
}

std::string markdown(std::string_view text) { return replaced(text, {{"|", "\\|"}, {"*", "\\*"}, {"_", "\\_"}}); }

std::string RowsText::row(const ValueRow& row) {
  const bool first = std::exchange(first_, false);
  std::string text;
  if (format_ == TableFormat::json) {
    JsonObject object;
    for (const auto& [name, value] : row) object.raw(name, json_value(value));
    return fmt::format("{}\n{}", first ? "[" : ",", object.str());
  }
  if (format_ == TableFormat::csv) {
    if (first) text = joined(row, ",", [](const auto& cell) { return quoted_csv(cell.first); }) + "\n";
    return text + joined(row, ",", [](const auto& cell) { return csv_value(cell.second); }) + "\n";
  }
  if (first)
    text = fmt::format("| {} |\n|{}|\n", joined(row, " | ", [](const auto& cell) { return markdown(cell.first); }),
                       joined(row, "|", [](const auto&) { return std::string("---"); }));
  return text +
         fmt::format("| {} |\n", joined(row, " | ", [](const auto& cell) { return markdown_value(cell.second); }));
}

std::string rows_text(const std::vector<ValueRow>& rows, TableFormat format) {
  RowsText parts(format);
  std::string text;
  for (const ValueRow& row : rows) text += parts.row(row);
  return text + parts.end();
}

}  // namespace tristab
