#include <gtest/gtest.h>

#include <algorithm>

#include "shell.h"

namespace tristab::help_test {

std::vector<std::string> program_and_commands() {
  std::vector<std::string> all = commands();
  all.insert(all.begin(), "");
  return all;
}

TEST(Help, names_the_commands) {
  const std::vector<std::string> names = commands();
  for (const char* name : {"sweep", "compare", "report", "export", "generate", "invert", "list", "selftest"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
}

TEST(Help, fits_a_screen_and_holds_an_example) {
  for (const std::string& command : program_and_commands()) {
    const std::string help = help_of(command);
    const std::vector<std::string> lines = lines_of(help);
    EXPECT_LE(lines.size(), 23u) << command;  // the prompt takes one of 24
    EXPECT_GE(lines.size(), 4u) << command;
    for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << command << ": " << line;
    EXPECT_NE(help.find("Usage: tristab"), std::string::npos) << help;
    EXPECT_FALSE(examples_of(command).empty()) << help;
    // CLI11's word for a value of which nobody said what it is.
    EXPECT_EQ(help.find("TEXT"), std::string::npos) << help;
  }
}

TEST(Help, stands_without_arguments_too) {
  const Workplace place;
  EXPECT_EQ(place.run("").out, help_of(""));
}

TEST(Help, its_examples_run) {
  const Workplace place;
  for (const char* name : {"configs", "tests"}) {
    std::filesystem::create_directory_symlink(std::filesystem::path(TRISTAB_SOURCE_DIR) / name, place.file(name));
  }
  // Those of a command may read what those before it wrote; the program's own come last. `tristab selftest` takes long
  // and is run by tests of its own.
  std::vector<std::string> order = commands();
  order.emplace_back("");
  for (const std::string& command : order) {
    for (const std::string& example : examples_of(command)) {
      if (example == "tristab selftest") continue;
      const ProgramResult result = run_command(example, place.file("."));
      EXPECT_EQ(result.status, 0) << example << "\n" << result.err;
    }
  }
}

}  // namespace tristab::help_test
