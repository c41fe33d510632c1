// tristab man: the manual page, made from the option table at hand.
#include <fmt/format.h>

#include "command.h"
#include "man_page.h"
#include "tristab/report/tool_info.h"

namespace tristab {

Command man_command(const Program& program) {
  Command command(
      "man", "Print the manual page",
      "The page uses the macros of man(7): tristab man | man -l - shows it. For an installed tristab, man tristab "
      "does.",
      {"tristab man > tristab.1"});
  command.share_row();
  command.run([&program](const Command&) { fmt::print("{}", man_page(program, tool_info().version)); });
  return command;
}

}  // namespace tristab
