// Tables for other programs: the same rows as CSV, JSON or Markdown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tristab {

enum class TableFormat { text, markdown, csv, json };

// "text", "markdown", "csv", "json". Throws UsageError naming `place` for any other.
TableFormat table_format_of(std::string_view name, std::string_view place);

// A text (""), a number (NaN) or a count of a row; in brackets what says that there is none.
using RowValue = std::variant<std::string, double, std::int64_t>;

struct ValueRows {
  std::vector<std::string> columns;
  std::vector<std::vector<RowValue>> rows;  // a value for each column
};

// CSV has "none" where there is no text, nothing where there is no number, and inf; JSON, a list of objects, null for
// all three; Markdown "-", and two digits of a number.
std::string rows_text(const ValueRows& rows, TableFormat format);

// Escapes the characters that Markdown would interpret.
std::string markdown(std::string_view text);

}  // namespace tristab
