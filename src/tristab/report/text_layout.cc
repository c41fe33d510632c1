#include "tristab/report/text_layout.h"

#include <algorithm>
#include <cstdint>

namespace tristab {
namespace {

struct Range {
  std::uint32_t first, last;
};

constexpr Range zero_width[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
                                {0x1ab0, 0x1ac0}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20f0},
                                {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
constexpr Range double_width[] = {{0x1100, 0x115f},  {0x2e80, 0x303e}, {0x3041, 0x33ff},   {0x3400, 0x4dbf},
                                  {0x4e00, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                                  {0xff01, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
                                  {0x20000, 0x3fffd}};

template <std::size_t count>
bool is_in(const Range (&ranges)[count], std::uint32_t point) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return range.first <= point && point <= range.last; });
}

struct Character {
  std::size_t bytes = 1, width = 1;
};

// The first character of a text that is not empty.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const std::size_t bytes = byte(0) < 0x80             ? 1
                            : (byte(0) & 0xe0) == 0xc0 ? 2
                            : (byte(0) & 0xf0) == 0xe0 ? 3
                            : (byte(0) & 0xf8) == 0xf0 ? 4
                                                       : 0;
  if (bytes == 1 || bytes == 0 || bytes > text.size()) return {};
  std::uint32_t point = byte(0) & (0x7fu >> bytes);
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(k) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(k) & 0x3fu);
  }
  return {bytes, is_in(zero_width, point) ? 0u : is_in(double_width, point) ? 2u : 1u};
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    width += character.width;
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string_view beginning_of(std::string_view text, std::size_t width) {
  std::size_t bytes = 0, columns = 0;
  while (bytes < text.size()) {
    const Character character = first_character(text.substr(bytes));
    columns += character.width;
    if (bytes > 0 && columns > width) break;
    bytes += character.bytes;
  }
  return text.substr(0, bytes);
}

std::string elided(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  return std::string(beginning_of(text, width - 3)) + "...";
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string cut_lines(std::string_view text, std::size_t width) {
  std::string result;
  for (const std::string& line : lines_of(text)) {
    std::string_view rest = line;
    while (display_width(rest) > width) {
      const std::string_view piece = beginning_of(rest, width);
      result += piece;
      rest.remove_prefix(piece.size());
      if (!rest.empty()) result += '\n';
    }
    result += rest;
    result += '\n';
  }
  result.pop_back();
  return result;
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
    line_length += display_width(piece);
  };
  while (!label.empty()) {
    const std::string_view piece = label.substr(0, label.find(':', 1));
    const std::size_t equals = piece.find('=');
    const std::size_t whole = display_width(piece);
    if (indent + whole > width && equals != std::string_view::npos) {
      const std::string_view value = piece.substr(equals + 1);
      add(piece.substr(0, equals + 1), whole);
      add(value, display_width(value));
    } else {
      add(piece, whole);
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
    std::size_t line_width = 0;
    std::string_view rest = paragraph;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const std::size_t word = display_width(rest.substr(0, end));
      if (!line.empty() && indent + line_width + 1 + word > width) {
        add_line(line);
        line.clear();
        line_width = 0;
      }
      if (!line.empty()) {
        line += ' ';
        ++line_width;
      }
      line += rest.substr(0, end);
      line_width += word;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    add_line(line);
  }
  return result;
}

std::string wrapped_cell(std::string_view text, std::size_t width) {
  std::string lines = wrapped(text, width, 0);
  lines.pop_back();
  return lines;
}

std::string label_lines(std::string_view label, const Page& page) {
  if (!page.is_terminal()) return std::string(label);
  return cut_lines(broken_label(without_controls(label), page.width), page.width);
}

std::string paragraph(std::string_view text, std::size_t indent, const Page& page) {
  const std::string lines = wrapped(without_controls(text), page.prose_width(), indent);
  return page.is_terminal() ? cut_lines(lines, page.width) : lines;
}

std::string sentence(std::string_view text, const Page& page) {
  return page.is_terminal() ? paragraph(text, 0, page) : without_controls(text) + "\n";
}

std::string without_controls(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const std::size_t bytes = first_character(text).bytes;
    const bool control = (byte(0) < 0x20 && byte(0) != '\n') || byte(0) == 0x7f ||
                         (bytes == 1 && byte(0) >= 0x80) ||  // not UTF-8: 0x9b begins a sequence on some terminals
                         (bytes == 2 && byte(0) == 0xc2 && byte(1) < 0xa0);  // U+0080 to U+009F
    result += control ? "?" : text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return result;
}

std::string in_one_line(std::string_view text) {
  std::string line = without_controls(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace tristab
