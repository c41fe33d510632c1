// The option table as data: what helps, completion scripts and the man page are made from. The CLI::App tree holds it;
// its descriptions are one line for --help, then, after a line break, what only the man page says.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "value_type.h"

namespace tristab {

struct OptionEntry {
  std::vector<std::string> names;  // as typed: "-o", "--output"; a positional has one, "CONFIG"
  bool positional = false, flag = false, repeated = false;
  bool inherited = false;     // an option of the program that the command takes as well
  std::string usage;          // of a positional: "CONFIG", or "[CONFIG]" where it may be left out
  ValueType value;            // of what is no flag
  std::string group;          // heading of the group
  std::string help, details;  // one line; paragraphs with an empty line between them, or nothing
};

struct CommandEntry {
  std::string name;  // "sweep"; of the program "tristab"
  std::string summary, details;
  std::vector<OptionEntry> options;  // positionals first, then as declared
  std::vector<std::string> examples;
};

struct CommandTable {
  CommandEntry program;  // with the options that stand before a command
  std::vector<CommandEntry> commands;
};

CommandEntry command_entry(const CLI::App& command);
CommandTable command_table(const CLI::App& program);

// "-o, --output FILE.npy": the name or names and what follows. `every_name`: else no second long name.
std::string option_synopsis(const OptionEntry& option, bool every_name);

// "tristab sweep CONFIG [OPTIONS]".
std::string command_synopsis(const CommandEntry& command);

// The kinds of names that the options and positionals of a command take, each once.
std::vector<std::string> vocabularies_used(const CommandEntry& command);

}  // namespace tristab
