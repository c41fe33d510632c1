// Runs the program on a pseudo-terminal of a chosen size.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tristab {

struct TerminalResult {
  int status = 0;   // exit status
  std::string raw;  // what the terminal got from standard output and standard error, newlines as "\n"

  // What was on the screen at the end, line by line, by the control codes that the program may use: carriage return,
  // "erase to the end of the line" and colours. Throws std::runtime_error for any other.
  std::vector<std::string> screen() const;
};

// `arguments` is text for a shell, in which $DATA is the directory of test data; the program runs in `directory` with
// TERM=xterm-256color and without NO_COLOR and COLUMNS, `environment` over that. A positive `interrupt_after` is the
// number of bytes after which it gets SIGINT, as from Ctrl-C.
TerminalResult run_on_terminal(const std::string& arguments, const std::filesystem::path& directory, int columns,
                               const std::map<std::string, std::string>& environment = {},
                               std::size_t interrupt_after = 0);

// The text without colours (ECMA-48 SGR).
std::string without_colors(const std::string& text);

}  // namespace tristab
