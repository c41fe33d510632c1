#include "tristab/report/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tristab {
namespace {

constexpr std::size_t gap = 2, unlimited = std::numeric_limits<std::size_t>::max();
constexpr std::size_t header_width = 18;  // of headers that are names

std::size_t width_of_lines(const std::string& text) {
  std::size_t width = 0;
  for (const std::string& line : lines_of(text)) width = std::max(width, display_width(line));
  return width;
}

// A header of two lines as one name: "non-\nfinite" is non-finite.
std::string header_name(const TableColumn& column) {
  std::string name;
  for (const std::string& line : lines_of(column.header)) {
    if (!name.empty() && !line.empty() && !name.ends_with('-')) name += ' ';
    name += line;
  }
  return name;
}

}  // namespace

void Table::add_row(std::vector<TableCell> cells) {
  if (cells.size() != columns_.size()) throw std::logic_error("a row has as many cells as the table has columns");
  for (TableCell& cell : cells) cell.text = without_controls(cell.text);
  rows_.push_back(std::move(cells));
}

std::string Table::header_of(const Shown& shown, Headers headers) const {
  const TableColumn& column = columns_[shown.column];
  if (headers == Headers::whole) return column.header;
  if (column.header_layout != nullptr) return column.header_layout(column.header, header_width);
  return column.layout == wrapped_cell ? wrapped_cell(column.header, shown.limit) : column.header;
}

std::string Table::cell_of(const TableCell& cell, const Shown& shown) const {
  const TableColumn& column = columns_[shown.column];
  return column.layout == nullptr ? cell.text : column.layout(cell.text, shown.limit);
}

std::size_t Table::width_of_column(const Shown& shown, Headers headers) const {
  std::size_t width = width_of_lines(header_of(shown, headers));
  for (const auto& row : rows_) width = std::max(width, width_of_lines(cell_of(row[shown.column], shown)));
  return width;
}

// Sets the widths; returns the width of the table.
std::size_t Table::set_widths(std::vector<Shown>& shown, Headers headers) const {
  std::size_t total = shown.empty() ? 0 : gap * (shown.size() - 1);
  for (Shown& each : shown) total += each.width = width_of_column(each, headers);
  return total;
}

// Narrows the widest column that can be narrowed until the table fits; returns whether it does.
bool Table::shrink(std::vector<Shown>& shown, std::size_t width) const {
  std::size_t total = set_widths(shown, Headers::broken);
  while (total > width) {
    Shown* widest = nullptr;
    for (Shown& each : shown) {
      const TableColumn& column = columns_[each.column];
      if (column.layout == nullptr || std::min(each.limit, each.width) <= column.least) continue;
      if (widest == nullptr || each.width > widest->width) widest = &each;
    }
    if (widest == nullptr) return false;
    widest->limit = std::min(widest->limit, widest->width) - 1;
    total -= widest->width;
    widest->width = width_of_column(*widest, Headers::broken);
    total += widest->width;
  }
  return true;
}

// Prints the table with the widths in `shown`; on a terminal, longer lines are broken.
std::string Table::rows(const std::vector<Shown>& shown, Headers headers, const Page& page) const {
  std::string text;
  const auto add_row = [&](const std::vector<TableCell>& cells) {
    std::vector<std::vector<std::string>> lines;
    std::size_t height = 1;
    for (std::size_t k = 0; k < cells.size(); ++k) {
      lines.push_back(lines_of(page.is_terminal() ? cut_lines(cells[k].text, shown[k].width) : cells[k].text));
      height = std::max(height, lines.back().size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      std::size_t spaces = 0;  // pending; at the end of a line they are dropped
      for (std::size_t k = 0; k < cells.size(); ++k) {
        const std::string piece = line < lines[k].size() ? lines[k][line] : "";
        const std::size_t taken = display_width(piece);  // a wide character may be wider than its column
        const std::size_t padding = shown[k].width - std::min(taken, shown[k].width);
        if (k > 0) spaces += gap;
        if (columns_[shown[k].column].right || piece.empty()) spaces += padding;
        if (piece.empty()) continue;
        text.append(spaces, ' ');
        text += styled(piece, cells[k].style, page);
        spaces = columns_[shown[k].column].right ? 0 : padding;
      }
      text += '\n';
    }
  };
  std::vector<TableCell> titles;
  titles.reserve(shown.size());
  for (const Shown& each : shown) titles.emplace_back(header_of(each, headers), Style::heading);
  add_row(titles);
  for (const auto& row : rows_) {
    std::vector<TableCell> cells;
    cells.reserve(shown.size());
    for (const Shown& each : shown) cells.emplace_back(cell_of(row[each.column], each), row[each.column].style);
    add_row(cells);
  }
  return text;
}

std::string Table::without_dispensable(std::vector<Shown> shown, const Page& page) const {
  std::vector<std::string> left_out;
  std::size_t enough = 0;  // columns that the whole table needs
  while (!shrink(shown, page.width)) {
    std::size_t total = set_widths(shown, Headers::broken);
    enough = std::max(enough, total);
    auto least = shown.begin();
    for (auto each = shown.begin(); each != shown.end(); ++each) {
      if (columns_[each->column].dispensable > columns_[least->column].dispensable) least = each;
    }
    if (columns_[least->column].dispensable > 0) {
      left_out.insert(left_out.begin(), header_name(columns_[least->column]));
      shown.erase(least);
      for (Shown& each : shown) each.limit = unlimited;
      continue;
    }
    while (total > page.width) {  // words must be cut
      const auto widest = std::max_element(shown.begin(), shown.end(),
                                           [](const Shown& a, const Shown& b) { return a.width < b.width; });
      if (widest->width <= 1) break;
      widest->limit = --widest->width;
      --total;
    }
    break;
  }
  std::string text = rows(shown, Headers::broken, page);
  if (!left_out.empty()) {
    text += cut_lines(wrapped(fmt::format("left out: {} (shown in {} columns, and in a pipe: | cat)",
                                          fmt::join(left_out, ", "), enough),
                              page.width, 0),
                      page.width);
  }
  return text;
}

std::string Table::in_blocks(const std::vector<Shown>& shown, const Page& page) const {
  const std::vector<Shown> keys(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(keys_));
  // Each block gets as many columns as fit beside the narrowest keys.
  std::vector<std::vector<Shown>> blocks;
  for (std::size_t k = keys_; k < shown.size(); ++k) {
    bool fits = false;
    if (!blocks.empty()) {
      std::vector<Shown> tried = blocks.back();
      tried.push_back(shown[k]);
      std::vector<Shown> shrunk = tried;
      fits = shrink(shrunk, page.width);
      if (fits) blocks.back() = tried;
    }
    if (fits) continue;
    blocks.push_back(keys);
    blocks.back().push_back(shown[k]);
  }
  // The keys have the same widths in all blocks.
  std::vector<std::size_t> limits(keys_, unlimited);
  for (std::vector<Shown> block : blocks) {
    shrink(block, page.width);
    for (std::size_t k = 0; k < keys_; ++k) limits[k] = std::min(limits[k], block[k].limit);
  }
  std::string text;
  for (std::vector<Shown>& block : blocks) {
    for (std::size_t k = 0; k < keys_; ++k) block[k].limit = limits[k];
    if (!text.empty()) text += '\n';
    text += without_dispensable(block, page);
  }
  return text;
}

std::string Table::str(const Page& page) const {
  std::vector<Shown> shown;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    shown.push_back({c, page.is_terminal() ? unlimited : columns_[c].widest, 0});
  }
  if (!page.is_terminal()) {
    set_widths(shown, Headers::broken);
    return rows(shown, Headers::broken, page);
  }
  for (const Headers headers : {Headers::whole, Headers::broken})
    if (set_widths(shown, headers) <= page.width) return rows(shown, headers, page);
  if (keys_ == 0 || keys_ == shown.size()) return without_dispensable(shown, page);
  std::vector<Shown> shrunk = shown;
  if (shrink(shrunk, page.width)) return rows(shrunk, Headers::broken, page);
  return in_blocks(shown, page);
}

std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  return fmt::format("{:.1e}", value);
}

}  // namespace tristab
