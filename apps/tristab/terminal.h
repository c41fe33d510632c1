// The terminals behind standard output and standard error: their widths, and whether they get colours.
#pragma once

#include <string>
#include <string_view>

#include "tristab/report/page.h"

namespace tristab {

// --color auto, always or never, for the rest of the run. Throws UsageError for any other word.
void choose_color(const std::string& text);

// The page of a terminal is as wide as COLUMNS says, else as the terminal says, else 80 columns; a file or a pipe
// has no width. A page is coloured if the choice is `always`. With `auto` it is coloured on a terminal, unless
// NO_COLOR is set and not empty (https://no-color.org) or TERM is empty or `dumb`.
Page standard_output_page();
Page standard_error_page();

// Prints a line on standard error, without control characters. A closed standard error is no failure.
void tell(std::string_view line);

// Whether standard error is a terminal on which a line can be written again and again.
bool shows_progress();

}  // namespace tristab
