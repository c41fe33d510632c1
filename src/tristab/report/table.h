// Aligned tables for a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tristab {

struct TableColumn {
  std::string header;
  bool right = false;  // numbers
};

// Columns as wide as their longest cell, two spaces between them, no spaces at the ends of lines. A cell may
// have several lines.
class Table {
 public:
  explicit Table(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}
  void add_row(std::vector<std::string> cells);  // as many as there are columns
  std::string str() const;

 private:
  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "4.6e-04"; "0" for 0; "-" for NaN.
std::string short_number(double value);

// A label on lines of at most `width` characters, broken before a ':', and after a '=' where that is not
// enough; longer only where a single word is.
std::string broken_label(std::string_view label, std::size_t width);

// Text on lines of at most `width` characters, broken at spaces, each after `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace tristab
