// tristab man: the manual page, made from the option table at hand.
#include <fmt/format.h>

#include "command.h"
#include "man_page.h"
#include "tristab/report/tool_info.h"

namespace tristab {

Command man_command(const Program& program) {
  Command command(
      "man", "Print the manual page, every option at length",
      "In the macros of man(7): tristab man | man -l - shows it. An installed tristab has it in place, for man "
      "tristab.",
      {"tristab man > tristab.1"});
  command.run([&program](const Command&) { fmt::print("{}", man_page(program, tool_info().version)); });
  return command;
}

}  // namespace tristab
