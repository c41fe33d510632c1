#include <gtest/gtest.h>

#include <sstream>

#include "run_program.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/format/format.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/metric.h"
#include "tristab/recipe/recipe.h"

namespace tristab {
namespace {

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
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(List, every_registry_is_listed_and_every_entry_explained) {
  const Workplace place;
  std::vector<std::pair<std::string, std::string>> names;
  for (const Method& method : methods()) names.emplace_back("methods", method.description.name);
  for (const Description& family : family_descriptions()) names.emplace_back("families", family.name);
  for (const RecipeEntry& entry : recipe_entries()) names.emplace_back("kernels", entry.description.name);
  for (const Description& arithmetic : arithmetic_descriptions()) {
    if (arithmetic.name != "eXmY") names.emplace_back("arithmetics", arithmetic.name);
  }
  for (const FormatDescription& format : format_descriptions()) names.emplace_back("formats", format.name);
  for (const char* name : {"frobenius", "snr_db", "bound"}) names.emplace_back("metrics", name);
  for (const auto& [kind, name] : names) {
    const ProgramResult all = place.run("list " + kind);
    EXPECT_EQ(all.status, 0);
    EXPECT_TRUE(lists(all.out, name)) << kind << " " << name;
    expect_width(all.out);
    const ProgramResult one = place.run("list " + kind + " " + name);
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_TRUE(one.out.starts_with(name + "\n")) << one.out;
    expect_width(one.out);
  }
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

}  // namespace
}  // namespace tristab
