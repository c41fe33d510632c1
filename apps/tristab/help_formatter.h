// The texts of --help: a screen of 80 columns and 24 lines, laid out from the option table.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tristab {

constexpr std::size_t help_width = 80, help_lines = 23;

class HelpFormatter : public CLI::Formatter {
 public:
  // Summary, usage, positionals, commands, groups of options, examples; empty lines between them where the
  // screen has room.
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace tristab
