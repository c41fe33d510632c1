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

using ValueRow = std::vector<RowValue>;  // a value for each column

struct ValueRows {
  std::vector<std::string> columns;
  std::vector<ValueRow> rows;
};

// Such a table in parts: beginning(), the text of each row, end(). CSV has "none" where there is no text, nothing where
// there is no number, and inf; JSON, a list of objects, null for all three; Markdown "-", and two digits of a number.
class RowsText {
 public:
  RowsText(std::vector<std::string> columns, TableFormat format) : columns_(std::move(columns)), format_(format) {}
  std::string beginning() const;
  std::string row(const ValueRow& row);
  std::string end() const { return format_ == TableFormat::json ? "\n]\n" : ""; }

 private:
  std::vector<std::string> columns_;
  TableFormat format_;
  bool first_ = true;
};

std::string rows_text(const ValueRows& rows, TableFormat format);

// Escapes the characters that Markdown would interpret.
std::string markdown(std::string_view text);

}  // namespace tristab
