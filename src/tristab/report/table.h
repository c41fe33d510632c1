// Aligned tables that fit the page they are printed on.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/report/text_layout.h"

namespace tristab {

// Breaks a text into lines of at most `width` columns if its words allow that: broken_label, wrapped_cell.
using CellLayout = std::string (*)(std::string_view text, std::size_t width);

struct TableColumn {
  std::string header;
  bool right = false;           // numbers
  CellLayout layout = nullptr;  // null: a cell stays as it is
  // The width of the layout in a file or a pipe, and the smallest one on a terminal.
  std::size_t widest = std::numeric_limits<std::size_t>::max(), least = 12;
  int dispensable = 0;                 // on a narrow terminal the highest is left out first; 0: never
  CellLayout header_layout = nullptr;  // of a header that is a name: to 18 columns if space is short
};

struct TableCell {
  TableCell(std::string words) : text(std::move(words)) {}  // NOLINT: a row is a list of texts
  TableCell(const char* words) : text(words) {}             // NOLINT
  TableCell(std::string words, Style meaning) : text(std::move(words)), style(meaning) {}

  std::string text;
  Style style = Style::plain;
};

// Columns as wide as their longest cell, two spaces between them, no spaces at the ends of lines. A cell may have
// several lines. A table that is too wide for a terminal is changed in these steps until it fits:
// 1. Cells are laid out narrower.
// 2. If the table has key columns, its other columns are spread over several tables that repeat the keys.
// 3. Dispensable columns are left out; a last line names them.
// 4. Words are cut.
class Table {
 public:
  explicit Table(std::vector<TableColumn> columns, std::size_t key_columns = 0)
      : columns_(std::move(columns)), keys_(key_columns) {}
  void add_row(std::vector<TableCell> cells);  // as many as there are columns
  std::string str(const Page& page = {}) const;

 private:
  enum class Headers { whole, broken };  // headers that are names: whole, or broken to 18 columns
  // A column as it is printed.
  struct Shown {
    std::size_t column = 0;
    std::size_t limit = std::numeric_limits<std::size_t>::max();  // of its layout
    std::size_t width = 0;
  };

  std::string header_of(const Shown& shown, Headers headers) const;
  std::string cell_of(const TableCell& cell, const Shown& shown) const;
  std::size_t width_of_column(const Shown& shown, Headers headers) const;
  std::size_t set_widths(std::vector<Shown>& shown, Headers headers) const;
  bool shrink(std::vector<Shown>& shown, std::size_t width) const;
  std::string rows(const std::vector<Shown>& shown, Headers headers, const Page& page) const;
  std::string without_dispensable(std::vector<Shown> shown, const Page& page) const;
  std::string in_blocks(const std::vector<Shown>& shown, const Page& page) const;

  std::vector<TableColumn> columns_;
  std::size_t keys_ = 0;
  std::vector<std::vector<TableCell>> rows_;
};

// "4.6e-04"; "0" for 0; "-" for NaN.
std::string short_number(double value);

}  // namespace tristab
