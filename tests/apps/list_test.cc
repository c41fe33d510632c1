#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "run_program.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/format/format.h"
#include "tristab/gate/gate.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/gates/gates.h"
#include "tristab/matrix/keys/keys.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/quantity.h"

namespace tristab::list_test {

// The first words of a listing's lines.
bool lists(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.substr(0, line.find(' ')) == name) return true;
  }
  return false;
}

void expect_width(const std::string& text) {
  std::istringstream lines(text);
  // A label is one word, so that it can be pasted, however long it is.
  const std::regex label("(method|A formed) +\\S+");
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.size() <= 100u || std::regex_match(line, label)) << line;
  }
}

// Everything that can be explained: kind and name.
std::vector<std::pair<std::string, std::string>> all_entries() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Method& method : methods()) names.emplace_back("methods", method.description.name);
  for (const Description& family : family_descriptions()) names.emplace_back("families", family.name);
  for (const RecipeEntry& entry : recipe_entries()) names.emplace_back("kernels", entry.description.name);
  for (const Description& arithmetic : arithmetic_descriptions()) names.emplace_back("arithmetics", arithmetic.name);
  for (const FormatDescription& format : format_descriptions()) names.emplace_back("formats", format.name);
  for (const KeyModel& model : key_models()) names.emplace_back("keys", model.name);
  for (const GateModel& model : beta_models()) names.emplace_back("betas", model.name);
  for (const GateModel& model : decay_models()) names.emplace_back("decays", model.name);
  for (const DeltaRule& rule : delta_rules()) names.emplace_back("rules", rule.name);
  for (const Description& formation : formation_descriptions()) names.emplace_back("formations", formation.name);
  for (const Gate& gate : gates()) names.emplace_back("gates", gate.description.name);
  for (const Field& number : record_fields()) {
    if (number.is_number()) names.emplace_back("metrics", number.name());
  }
  return names;
}

// The text of a field, its lines joined; "" where there is none.
std::string field(const std::string& text, const std::string& name) {
  constexpr std::size_t indent = 12;
  std::istringstream lines(text);
  std::string found;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) {
      inside = true;
      line.replace(0, name.size(), name.size(), ' ');
    } else if (!line.starts_with(std::string(indent, ' '))) {
      inside = false;
    }
    if (!inside || line.size() <= indent) continue;
    if (!found.empty()) found += ' ';
    found += line.substr(indent);
  }
  return found;
}

// The command after the line "example".
std::string example_of(const std::string& text) {
  const std::string mark = "\nexample\n  ";
  const std::size_t begin = text.find(mark);
  if (begin == std::string::npos) return "";
  return text.substr(begin + mark.size(), text.find('\n', begin + mark.size()) - begin - mark.size());
}

// A place that can be looked up: an article, a section or table of a standard or book, an address, a file, a
// thread, or what was measured; of numbers that the program defines by itself, where they come from.
bool is_specific(const std::string& source) {
  static const std::regex place(
      "arXiv [0-9]{4}[.][0-9]{4,5}|sections? [0-9]|chapter [0-9]|tables? [0-9]|issue [0-9]|(PR|pull request) "
      "[0-9]|"
      "https?://|github[.]com/[A-Za-z-]+/|[a-z0-9_]+[.](py|hpp|f)|tests/ops|[0-9]+ tokens|Numer[.] Math[.] "
      "[0-9]|"
      "PTX ISA, |SDM volume [0-9]|PeerJ|counted while the method runs|parts whose sum is the total "
      "error");
  return std::regex_search(source, place);
}

// As a user's shell would run it, the program on its path.
int run_example(const Workplace& place, const std::string& command) {
  const std::filesystem::path program = TRISTAB_PROGRAM;
  place.write("example.sh", fmt::format("PATH='{}':$PATH\ncd '{}'\n{}\n", program.parent_path().string(),
                                        place.file("").string(), command));
  return std::system(fmt::format("bash '{}' > /dev/null 2>&1", place.file("example.sh").string()).c_str());
}

TEST(List, every_registry_is_listed_and_every_entry_explained) {
  const Workplace place;
  std::map<std::string, std::string> tables;
  for (const auto& [kind, name] : all_entries()) {
    if (!tables.contains(kind)) {
      const ProgramResult all = place.run("list " + kind);
      EXPECT_EQ(all.status, 0);
      expect_width(all.out);
      tables[kind] = all.out;
    }
    EXPECT_TRUE(lists(tables[kind], name)) << kind << " " << name;
    const ProgramResult one = place.run("list " + kind + " " + name);
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_TRUE(one.out.starts_with(name + "\n")) << one.out;
    expect_width(one.out);
    EXPECT_FALSE(field(one.out, "formula").empty()) << kind << " " << name;
    EXPECT_TRUE(is_specific(field(one.out, "source"))) << kind << " " << name << ": " << field(one.out, "source");
    EXPECT_FALSE(example_of(one.out).empty()) << kind << " " << name;
  }
}

TEST(List, every_example_runs) {
  std::set<std::string> commands;
  for (const auto& [kind, name] : all_entries())
    commands.insert(example_of(Workplace().run("list " + kind + " " + name).out));
  EXPECT_GT(commands.size(), 150u);
  // Each in a directory of its own: no sweep replaces the result of another one.
  for (const std::string& command : commands) EXPECT_EQ(run_example(Workplace(), command), 0) << command;
}

// On a terminal of 60 columns a command is broken so that a shell still reads it as one.
TEST(List, examples_fit_a_narrow_terminal) {
  const Workplace place;
  for (const char* entry : {"metrics backward_componentwise_strict_lower", "formations anchored", "families file"}) {
    const std::string command =
        fmt::format("NO_COLOR=1 script -qec \"stty cols 60; '{}' list {}\" /dev/null < /dev/null > '{}'",
                    TRISTAB_PROGRAM, entry, place.file("page").string());
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    std::string page = place.read("page");
    std::erase(page, '\r');
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 60u) << line;
    const std::string mark = "\nexample\n";
    ASSERT_NE(page.find(mark), std::string::npos) << page;
    const std::string example = page.substr(page.find(mark) + mark.size());
    EXPECT_NE(example.find(" \\\n"), std::string::npos) << example;
    EXPECT_EQ(run_example(place, example), 0) << example;
  }
}

TEST(List, every_column_of_a_result_answers) {
  const Workplace place;
  std::vector<std::string> columns{"power_max", "inverse_decay", "class"};
  for (const Field& field : record_fields()) {
    if (!field.is_number()) columns.push_back(field.name());
  }
  for (const MatrixFact& fact : matrix_facts()) columns.emplace_back(fact.name);
  for (const std::string& column : columns) {
    const ProgramResult result = place.run("list metrics " + column);
    EXPECT_EQ(result.status, 0) << column;
    EXPECT_FALSE(field(result.out, "meaning").empty() && field(result.out, "formula").empty()) << result.out;
  }
  const ProgramResult fit = place.run("list metrics fit");
  EXPECT_NE(fit.out.find("values      fit\n            unfit\n            nonfinite\n            trivial\n"),
            std::string::npos)
      << fit.out;
}

TEST(List, metrics_tell_range_use_and_blind_spots) {
  const Workplace place;
  const std::string text = place.run("list metrics frobenius").out;
  for (const char* part : {"range", "shows", "hides", "undefined"}) EXPECT_NE(field(text, part), "") << part;
  EXPECT_NE(field(text, "hides").find("unit diagonal"), std::string::npos) << text;
}

TEST(List, formats_tell_layout_and_special_values) {
  const Workplace place;
  const std::string text = place.run("list formats e4m3").out;
  EXPECT_EQ(field(text, "layout"), "8 bits: 1 sign s, 4 exponent e (bias 7), 3 fraction f");
  EXPECT_EQ(field(text, "special"), "e = 15, f = 7: NaN; no infinities");
  EXPECT_EQ(field(text, "largest"), "448");
}

TEST(List, families_explain_their_models) {
  const Workplace place;
  const std::string text = place.run("list families gdn").out;
  for (const char* part : {"silu: k_t = normalise", "sigmoid-normal: beta_t = sigmoid", "kda-safe: g_t = -5 sigmoid",
                           "tristab list betas NAME"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(place.run("list families ones").out.find("list keys"), std::string::npos);
}

TEST(List, recipes_tell_the_formulas_of_their_methods) {
  const Workplace place;
  const std::string formula = field(place.run("list kernels tt-metal-nested").out, "formula");
  for (const char* part : {"bounded-doubling: X_D", "recursive: X = [X11 0;", "neumann: X = sum"})
    EXPECT_NE(formula.find(part), std::string::npos) << part << " is not in: " << formula;
}

TEST(List, a_method_tells_formula_source_cost_and_parameters) {
  const Workplace place;
  const std::string text = place.run("list methods mxr").out;
  for (const char* part :
       {"formula", "source", "cost", "stability", "stages", "block (an integer from", "default 16"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(List, any_format_can_be_asked_for) {
  const Workplace place;
  EXPECT_NE(place.run("list formats e5m2").out.find("57344"), std::string::npos);
  EXPECT_EQ(place.run("list arithmetics e5m7-pure").status, 0);
}

TEST(List, the_pattern_of_formats_and_a_format_of_it_are_explained) {
  const Workplace place;
  const ProgramResult pattern = place.run("list formats eXmY");
  EXPECT_EQ(pattern.status, 0) << pattern.err;
  EXPECT_TRUE(pattern.out.starts_with("eXmY\n")) << pattern.out;
  EXPECT_NE(pattern.out.find("X exponent and Y fraction bits"), std::string::npos) << pattern.out;
  // e5m7: p = 8, bias 15, largest (2 - 2^-7) 2^15, smallest 2^-14 and 2^-21, u = 2^-8.
  const std::string e5m7 = place.run("list formats e5m7").out;
  for (const char* part : {"8 significant bits", "emin = -14, emax = 15", "65280", "6.104e-05 normal",
                           "4.768e-07 subnormal", "2^-8 = 0.003906", "X exponent and Y fraction bits"}) {
    EXPECT_NE(e5m7.find(part), std::string::npos) << part << " is not in: " << e5m7;
  }
  expect_width(e5m7);
}

}  // namespace tristab::list_test
