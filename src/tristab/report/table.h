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

// Puts a text on lines of at most so many columns, where its words allow that: broken_label, wrapped_cell.
using CellLayout = std::string (*)(std::string_view text, std::size_t width);

struct TableColumn {
  std::string header;
  bool right = false;           // numbers
  CellLayout layout = nullptr;  // null: a cell stays as it is
  // Columns that the layout gets in a file or a pipe, and the fewest on a terminal.
  std::size_t widest = std::numeric_limits<std::size_t>::max(), least = 12;
  int dispensable = 0;                 // on a narrow terminal the highest is left out first; 0: never
  CellLayout header_layout = nullptr;  // of a header that is a name: 18 columns where space is short
};

struct TableCell {
  TableCell(std::string words) : text(std::move(words)) {}  // NOLINT: a row is a list of texts
  TableCell(const char* words) : text(words) {}             // NOLINT
  TableCell(std::string words, Style meaning) : text(std::move(words)), style(meaning) {}

  std::string text;
  Style style = Style::plain;
};

// Columns as wide as their longest cell, two spaces between them, no spaces at the ends of lines. A cell may
// have several lines. Where that is too wide for a terminal, cells are laid out narrower; where that does not do,
// dispensable columns are left out and a last line says which, or, of a table with key columns, the others are spread
// over several tables that repeat the keys; where nothing else helps words are cut.
class Table {
 public:
  explicit Table(std::vector<TableColumn> columns, std::size_t key_columns = 0)
      : columns_(std::move(columns)), keys_(key_columns) {}
  void add_row(std::vector<TableCell> cells);  // as many as there are columns
  std::string str(const Page& page = {}) const;

 private:
  enum class Headers { whole, broken };  // names as headers: whole, or broken to 18 columns
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
