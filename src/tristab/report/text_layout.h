// Text on lines of a given width. Widths are columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/page.h"

namespace tristab {

// The columns that one line of UTF-8 takes on a terminal: 2 for wide East Asian characters and emoji, 0 for combining
// marks (Unicode Standard Annex 11; the blocks, not single characters), 1 for each byte that is not UTF-8.
std::size_t display_width(std::string_view text);

// The longest beginning of at most `width` columns that ends between two characters; at least one character.
std::string_view beginning_of(std::string_view text, std::size_t width);

// The text; if it is longer than `width` columns (at least 3), its beginning and "...".
std::string elided(std::string_view text, std::size_t width);

// The parts of a text between newlines; at least one.
std::vector<std::string> lines_of(std::string_view text);

// Breaks every line of more than `width` columns, inside words too.
std::string cut_lines(std::string_view text, std::size_t width);

// A label on lines of at most `width` columns, broken before a ':', and after a '=' if that is not enough. A line is
// longer only if a single word is.
std::string broken_label(std::string_view label, std::size_t width);

// Text on lines of at most `width` columns, broken at spaces, each after `indent` spaces. A line is longer only if a
// single word is.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

// The same without indentation and without the newline at the end: a cell of a table.
std::string wrapped_cell(std::string_view text, std::size_t width);

// A label on separate lines; on a terminal broken between its words if possible, else anywhere.
std::string label_lines(std::string_view label, const Page& page);

// Running text: at most page.prose_width() columns; on a terminal words that are longer are cut.
std::string paragraph(std::string_view text, std::size_t indent, const Page& page);

// A line of text that is one line in a file, and on a terminal as many as it needs.
std::string sentence(std::string_view text, const Page& page);

// Replaces control characters and bytes that are not UTF-8, which names of files and labels of results may have, by
// '?', so that none reaches a terminal. Newlines stay.
std::string without_controls(std::string_view text);

// The same with spaces for newlines: a name, which must not break a line of a table or of a script.
std::string in_one_line(std::string_view text);

}  // namespace tristab
