// Shells and other programs of the machine, for the tests of what tristab prints for them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "run_program.h"

namespace tristab {

bool is_installed(const std::string& program);

// Skips a test whose tool is absent; where tests/run.sh has installed all tools, that is a failure.
#define NEEDS_TOOL(present, name)                                                             \
  if (!(present)) {                                                                           \
    if (std::getenv("TRISTAB_TOOLS_INSTALLED") != nullptr) FAIL() << (name) << " is missing"; \
    GTEST_SKIP() << (name) << " is not installed";                                            \
  }                                                                                           \
  static_assert(true)

// `command` for bash, run in `directory` with the program under test as `tristab` in PATH.
ProgramResult run_command(const std::string& command, const std::filesystem::path& directory);

std::vector<std::string> lines_of(const std::string& text);

// What --help says, read back: the program is asked, there is no list of commands here.
struct HelpOption {
  std::vector<std::string> names;  // "-o", "--output"
  std::string value;               // "FILE.npy"; empty for flags
};
std::vector<std::string> commands();                               // in the order of the program's help
std::string help_of(const std::string& command);                   // "" for the program
std::vector<HelpOption> options_of(const std::string& command);    // "" for the program
std::vector<std::string> examples_of(const std::string& command);  // "" for the program

}  // namespace tristab
