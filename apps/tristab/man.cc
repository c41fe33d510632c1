// tristab man: the manual page, made from the option table at hand.
#include <fmt/format.h>

#include "command.h"
#include "man_page.h"
#include "tristab/report/tool_info.h"

namespace tristab {

void add_man(CLI::App& app) {
  CLI::App* command = app.add_subcommand("man", R"(Print the manual page, every option at length
In the macros of man(7): tristab man | man -l - shows it. An installed tristab has it in place, for man tristab.)");
  command->allow_extras();
  command->footer("tristab man > tristab.1");
  command->callback([&app, command] {
    refuse_leftovers(*command);
    fmt::print("{}", man_page(command_table(app), tool_info().version));
  });
}

}  // namespace tristab
