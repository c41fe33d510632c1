// Tables for other programs: the same rows as CSV, JSON or Markdown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tristab {

enum class TableFormat { text, markdown, csv, json };

// "text", "markdown", "csv", "json". Throws UsageError naming `place` for any other.
TableFormat table_format_of(std::string_view name, std::string_view place);

// A text (""), a number (NaN) or a count of a row; in brackets what says that there is none.
using RowValue = std::variant<std::string, double, std::int64_t>;

// The values of a row with the names of their columns, which are the same in every row.
using ValueRow = std::vector<std::pair<std::string, RowValue>>;

// Such a table in parts: the text of each row, end(). CSV has "none" where there is no text, nothing where there is no
// number, and inf; JSON, a list of objects, null for all three; Markdown "-", and two digits of a number.
class RowsText {
 public:
  explicit RowsText(TableFormat format) : format_(format) {}
  std::string row(const ValueRow& row);  // the first behind what the table begins with
  std::string end() const { return format_ == TableFormat::json ? (first_ ? "[\n]\n" : "\n]\n") : ""; }

 private:
  TableFormat format_;
  bool first_ = true;
};

std::string rows_text(const std::vector<ValueRow>& rows, TableFormat format);

// Escapes the characters that Markdown would interpret.
std::string markdown(std::string_view text);

}  // namespace tristab
