#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "shell.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab::man_page_test {

// The page as roff, with its escapes for characters undone.
std::string page() {
  const Workplace place;
  std::string text = place.run("man").out;
  const std::pair<const char*, const char*> escapes[] = {
      {"\\-", "-"}, {"\\(ha", "^"}, {"\\(ti", "~"}, {"\\(ga", "`"}, {"\\(aq", "'"}, {"\\(dq", "\""}, {"\\e", "\\"}};
  for (const auto& [escape, character] : escapes) {
    for (std::size_t at = text.find(escape); at != std::string::npos; at = text.find(escape, at + 1)) {
      text.replace(at, std::string(escape).size(), character);
    }
  }
  return text;
}

// From the line that begins with `heading` to the next heading of its kind, or of sections.
std::string part(const std::string& text, const std::string& heading) {
  std::string result;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(".SH") || (line.starts_with(".SS") && heading.starts_with(".SS"))) {
      inside = (line + " ").starts_with(heading + " ");
    }
    if (inside) result += line + "\n";
  }
  return result;
}

std::set<std::string> options_in(const std::string& text) {
  std::set<std::string> names;
  const std::regex name("--?[a-z-]+");
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with(".B -")) continue;
    const std::string tag = line.substr(0, line.find(" \\fI"));
    for (std::sregex_iterator at(tag.begin(), tag.end(), name), end; at != end; ++at) names.insert(at->str());
  }
  return names;
}

void expect_silence_of(const std::string& formatter) {
  const Workplace place;
  ASSERT_EQ(run_command("tristab man >tristab.1", place.file(".")).status, 0);
  const ProgramResult result = run_command("export LC_ALL=C.UTF-8\n" + formatter, place.file("."));
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("Stopped by SIGINT or SIGTERM"), std::string::npos) << result.out;
}

TEST(ManPage, groff_has_no_warning) {
  NEEDS_TOOL(is_installed("groff"), "groff");
  expect_silence_of("groff -man -ww -rCHECKSTYLE=2 -Tutf8 tristab.1");
}

TEST(ManPage, man_has_no_warning) {
  NEEDS_TOOL(is_installed("man"), "man");
  expect_silence_of("MANWIDTH=80 man --warnings=w -P cat -l tristab.1");
}

TEST(ManPage, has_the_customary_sections) {
  const std::string text = page();
  std::size_t before = 0;
  for (const char* title : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXIT STATUS", "ENVIRONMENT",
                            "FILES", "EXAMPLES", "SEE ALSO"}) {
    const std::size_t at = text.find(fmt::format("\n.SH {}\n", title));
    ASSERT_NE(at, std::string::npos) << title;
    EXPECT_GT(at, before) << title;
    before = at;
  }
  for (const char* status : {"\n0\n", "\n1\n", "\n2\n", "\n3\n", "\n130, 143\n"}) {
    EXPECT_NE(part(text, ".SH EXIT STATUS").find(status), std::string::npos) << status;
  }
}

TEST(ManPage, has_every_option_and_example_of_the_helps_and_no_other) {
  const std::string text = page();
  std::vector<std::string> names = commands();
  EXPECT_EQ(std::count(names.begin(), names.end(), "man"), 1);
  std::size_t sections = 0;
  for (const std::string& line : lines_of(text)) sections += line.starts_with(".SS ");
  EXPECT_EQ(sections, names.size());
  names.emplace_back("");
  const Workplace place;
  std::set<std::string> found;
  for (const std::string& command : names) {
    const std::string own =
        command.empty() ? part(text, ".SH OPTIONS") : part(text, fmt::format(".SS tristab {}", command));
    ASSERT_NE(own, "") << command;
    const std::set<std::string> options = options_in(own);
    found.insert(options.begin(), options.end());
    for (const HelpOption& option : options_of(command)) {
      for (const std::string& name : option.names) EXPECT_TRUE(options.contains(name)) << command << " " << name;
    }
    for (const std::string& option : options) {
      const ProgramResult result = place.run(fmt::format("{} {} --no-such-option", command, option));
      EXPECT_EQ(result.err.find(fmt::format("is called '{}'", option)), std::string::npos) << result.err;
    }
    for (const std::string& example : examples_of(command)) {
      EXPECT_NE(text.find("\n" + example + "\n"), std::string::npos) << example;
    }
  }
  EXPECT_EQ(found, options_in(text));
}

TEST(ManPage, has_the_names_that_options_take) {
  const std::string names = part(page(), ".SH NAMES");
  const auto expect = [&](const std::string& name) {
    EXPECT_TRUE(std::regex_search(names, std::regex(fmt::format("(^|[ \n]){}[,.]", name)))) << name;
  };
  for (const Method& method : methods()) expect(method.description.name);
  for (const Description& family : family_descriptions()) expect(family.name);
  for (const RecipeEntry& entry : recipe_entries()) expect(entry.description.name);
}

TEST(ManPage, names_every_environment_variable_that_the_sources_read) {
  const std::string environment = part(page(), ".SH ENVIRONMENT");
  std::set<std::string> read;
  const std::regex variable("(?:getenv|environment)\\(\"([A-Z_]+)\"\\)");
  for (const char* folder : {"src", "apps/tristab"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(TRISTAB_SOURCE_DIR) / folder)) {
      if (file.path().extension() != ".cc") continue;
      std::ostringstream source;
      source << std::ifstream(file.path()).rdbuf();
      const std::string text = source.str();
      for (std::sregex_iterator at(text.begin(), text.end(), variable), end; at != end; ++at)
        read.insert((*at)[1].str());
    }
  }
  EXPECT_TRUE(read.contains("TMPDIR"));
  for (const std::string& name : read) {
    EXPECT_NE(environment.find(fmt::format(".B {}\n", name)), std::string::npos) << name;
  }
}

}  // namespace tristab::man_page_test
