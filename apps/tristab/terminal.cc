#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

enum class Color { automatic, always, never };

Color& chosen_color() {
  static Color choice = Color::automatic;
  return choice;
}

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_dumb() {
  const std::string_view term = environment("TERM");
  return term.empty() || term == "dumb";
}

std::size_t width_of(int file) {
  constexpr std::size_t least = 20, most = 10000, default_width = 80;
  const std::string_view columns = environment("COLUMNS");
  std::size_t width = 0;
  const auto [end, error] = std::from_chars(columns.data(), columns.data() + columns.size(), width);
  if (error != std::errc{} || end != columns.data() + columns.size() || width == 0) {
    winsize size{};
    width = ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
  }
  if (width == 0) return default_width;
  return width < least ? least : width > most ? most : width;
}

Page page_of(int file) {
  Page page;
  const bool terminal = isatty(file) == 1;
  if (terminal) page.width = width_of(file);
  const Color choice = chosen_color();
  page.colored = choice == Color::always ||
                 (choice == Color::automatic && terminal && environment("NO_COLOR").empty() && !is_dumb());
  return page;
}

}  // namespace

void choose_color(const std::string& text) {
  static const std::vector<std::string> names{"auto", "always", "never"};
  if (text == names[0]) {
    chosen_color() = Color::automatic;
  } else if (text == names[1]) {
    chosen_color() = Color::always;
  } else if (text == names[2]) {
    chosen_color() = Color::never;
  } else {
    throw_unknown_name("--color", "choice", text, names);
  }
}

Page standard_output_page() { return page_of(STDOUT_FILENO); }
Page standard_error_page() { return page_of(STDERR_FILENO); }

void tell(std::string_view line) { std::fputs((in_one_line(line) + "\n").c_str(), stderr); }

bool shows_progress() { return isatty(STDERR_FILENO) == 1 && !is_dumb(); }

}  // namespace tristab
