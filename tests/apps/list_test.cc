#include <gtest/gtest.h>

#include <sstream>

#include "run_program.h"
#include "tristab/format/format.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/metric.h"

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
  for (const char* name : {"fp16", "bf16-pure", "int8", "tf32"}) names.emplace_back("arithmetics", name);
  for (const char* name : {"fp16", "bf16", "fp64"}) names.emplace_back("formats", name);
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

}  // namespace
}  // namespace tristab
