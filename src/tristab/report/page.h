// The page that a text is printed on: its width, and whether it shows colours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tristab {

// The meaning of a piece of text, which determines its colour. The words always say the same as the colour.
enum class Style { plain, heading, pass, marginal, fail, nonfinite };

struct Page {
  // Columns that no line may exceed. 0: a file or a pipe, where tables are as wide as they need to be, and prose has
  // 100 columns.
  std::size_t width = 0;
  bool colored = false;

  bool is_terminal() const { return width > 0; }
  // Columns of running text: lines of more than 100 are hard to read.
  std::size_t prose_width() const;
};

// The text between escape codes (ECMA-48 SGR) where the page is coloured, else as it is.
std::string styled(std::string_view text, Style style, const Page& page);

// "fit", "unfit 3/8", "nonfinite 1/8", "failed 1/8": the style of whether a requirement is met in a table.
Style style_of_fit(std::string_view text);

}  // namespace tristab
