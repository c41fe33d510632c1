#include "tristab/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tristab {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    throw std::logic_error("a row has as many cells as the table has columns");
  rows_.push_back(std::move(cells));
}

std::string Table::str() const {
  std::vector<std::vector<std::string>> rows{{}};
  for (const TableColumn& column : columns_) rows.front().push_back(column.header);
  rows.insert(rows.end(), rows_.begin(), rows_.end());

  std::vector<std::size_t> widths(columns_.size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      for (const std::string& line : lines_of(row[c])) widths[c] = std::max(widths[c], line.size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::size_t height = 1;
    for (const std::string& cell : row) height = std::max(height, lines_of(cell).size());
    for (std::size_t k = 0; k < height; ++k) {
      std::string line;
      for (std::size_t c = 0; c < row.size(); ++c) {
        const std::vector<std::string> lines = lines_of(row[c]);
        const std::string cell = k < lines.size() ? lines[k] : "";
        if (c > 0) line += "  ";
        line += columns_[c].right ? fmt::format("{:>{}}", cell, widths[c])
                                  : fmt::format("{:<{}}", cell, widths[c]);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
    }
  }
  return text;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  return fmt::format("{:.1e}", value);
}

std::string broken_label(std::string_view label, std::size_t width) {
  constexpr std::size_t indent = 2;
  std::string text;
  std::size_t line_length = 0;
  const auto add = [&](std::string_view piece, std::size_t whole) {  // `whole` should stay on one line
    if (line_length > 0 && line_length + whole > width) {
      text += '\n';
      text.append(indent, ' ');
      line_length = indent;
    }
    text += piece;
    line_length += piece.size();
  };
  while (!label.empty()) {
    const std::string_view piece = label.substr(0, label.find(':', 1));
    const std::size_t equals = piece.find('=');
    if (indent + piece.size() > width && equals != std::string_view::npos) {
      add(piece.substr(0, equals + 1), piece.size());
      add(piece.substr(equals + 1), piece.size() - equals - 1);
    } else {
      add(piece, piece.size());
    }
    label.remove_prefix(piece.size());
  }
  return text;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string result;
  const auto add_line = [&](const std::string& line) {
    result.append(indent, ' ');
    result += line;
    result += '\n';
  };
  for (const std::string& paragraph : lines_of(text)) {
    std::string line;
    std::string_view rest = paragraph;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (!line.empty() && indent + line.size() + 1 + end > width) {
        add_line(line);
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    add_line(line);
  }
  return result;
}

}  // namespace tristab
