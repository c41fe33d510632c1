// Text on lines of a given width. Widths are columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/page.h"

namespace tristab {

// Columns that a terminal gives one line of UTF-8: 2 for wide East Asian characters and emoji, 0 for combining marks
// (Unicode Standard Annex 11; the blocks, not single characters), 1 for each byte that is not UTF-8.
std::size_t display_width(std::string_view text);

// The longest beginning of at most `width` columns that ends between two characters; one character at least.
std::string_view beginning_of(std::string_view text, std::size_t width);

// The text, or where it is longer than `width` columns (3 at least) its beginning and "...".
std::string elided(std::string_view text, std::size_t width);

// The parts of a text between newlines: one at least.
std::vector<std::string> lines_of(std::string_view text);

// Every line of more than `width` columns continues on the next one, wherever that may be.
std::string cut_lines(std::string_view text, std::size_t width);

// A label on lines of at most `width` columns, broken before a ':', and after a '=' where that is not
// enough; longer only where a single word is.
std::string broken_label(std::string_view label, std::size_t width);

// Text on lines of at most `width` columns, broken at spaces, each after `indent` spaces; longer only where a single
// word is.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

// The same without indentation and without the newline at the end: a cell of a table.
std::string wrapped_cell(std::string_view text, std::size_t width);

// A label that stands on lines of its own on a terminal, broken where its words allow, else anywhere.
std::string label_lines(std::string_view label, const Page& page);

// Running text: at most page.prose_width() columns; on a terminal words that are longer are cut.
std::string paragraph(std::string_view text, std::size_t indent, const Page& page);

// A line of text that is one line in a file, and on a terminal as many as it needs.
std::string sentence(std::string_view text, const Page& page);

// Control characters, which a name of a file may have, as '?': none of them reaches a terminal. Newlines stay.
std::string without_controls(std::string_view text);

}  // namespace tristab
