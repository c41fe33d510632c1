#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "shell.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/format/format.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/metric.h"
#include "tristab/recipe/recipe.h"
#include "tristab/report/cross_table.h"
#include "tristab/sweep/label.h"

namespace tristab {
namespace {

using Words = std::set<std::string>;

// Shells that really complete; each parameter is a shell's name.
class Completion : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!is_installed(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
  }

  // For each command line what the shell offers for its last word, in a directory with one .json, one .npy and one
  // other file, and a directory "folder".
  std::vector<Words> offers(const std::vector<std::string>& command_lines) const {
    const Workplace place, scripts;
    const std::string shell = GetParam();
    for (const char* name : {"a.json", "b.npy", "c.txt"}) place.write(name, "");
    std::filesystem::create_directory(place.file("folder"));
    std::string lines;
    for (const std::string& line : command_lines) lines += line + "\n";
    scripts.write("lines", lines);
    const std::string script = scripts.file(shell == "zsh" ? "_tristab" : "tristab").string();
    const std::string argument = shell == "zsh" ? scripts.file(".").string() : script;
    const std::string quiet = shell == "zsh" ? "-f" : (shell == "fish" ? "--no-config" : "--norc");
    const ProgramResult result = run_command(
        fmt::format("export HOME=$PWD LC_ALL=C.UTF-8\ntristab completion {0} >{1} && {0} {2} "
                    "'{3}/tests/apps/shells/completions.{0}' {4} <'{5}'",
                    shell, script, quiet, TRISTAB_SOURCE_DIR, argument, scripts.file("lines").string()),
        place.file("."));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    std::vector<Words> all;
    for (const std::string& line : lines_of(result.out)) {
      if (line == "@@") {
        all.emplace_back();
      } else {
        all.back().insert(line);
      }
    }
    EXPECT_EQ(all.size(), command_lines.size());
    all.resize(command_lines.size());
    return all;
  }

  Words offer(const std::string& command_line) const { return offers({command_line}).front(); }
};

Words words(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

// The names in "Allowed: a, b, c" of the message with which the program refuses a word.
Words allowed_by(const std::string& arguments) {
  const Workplace place;
  place.write("c.json",
              R"({"chunks": 16, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  const std::string message = place.run(arguments).err;
  std::size_t at = message.find("Allowed: ");
  if (at == std::string::npos) at = message.find("allowed: ");
  if (at == std::string::npos) return {};
  Words names;
  std::string name;
  for (const char c : message.substr(at + 9)) {
    if (c == ',' || c == '\n') {
      names.insert(name);
      name.clear();
    } else if (c != ' ') {
      name += c;
    }
  }
  return names;
}

TEST_P(Completion, offers_the_commands) {
  EXPECT_EQ(offer("tristab "), words(commands()));
  EXPECT_EQ(offer("tristab sw"), Words{"sweep"});
}

TEST_P(Completion, offers_every_option_and_none_that_the_program_does_not_know) {
  std::vector<std::string> names = commands();
  names.insert(names.begin(), "");
  std::vector<std::string> lines;
  for (const std::string& name : names) {
    const std::string command = name.empty() ? "tristab" : "tristab " + name;
    lines.push_back(command + " -");
    lines.push_back(command + " --");
  }
  const std::vector<Words> found = offers(lines);
  const Workplace place;
  for (std::size_t k = 0; k < names.size(); ++k) {
    Words offered = found[2 * k];
    offered.insert(found[2 * k + 1].begin(), found[2 * k + 1].end());
    for (const HelpOption& option : options_of(names[k])) {
      for (const std::string& name : option.names)
        EXPECT_TRUE(offered.contains(name)) << names[k] << " " << name;
    }
    EXPECT_TRUE(offered.contains("--help")) << names[k];
    for (const std::string& option : offered) {
      // Nothing is done, for the last word is no option either.
      const ProgramResult result = place.run(fmt::format("{} {} --no-such-option", names[k], option));
      EXPECT_EQ(result.err.find(fmt::format("is called '{}'", option)), std::string::npos) << result.err;
    }
  }
}

TEST_P(Completion, offers_what_an_option_takes_by_the_programs_own_word) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"tristab list ", "list"},
      {"tristab completion ", "completion"},
      {"tristab sweep --format ", "sweep c.json --format x -o r.json"},
      {"tristab compare --format ", "compare --metrics frobenius --format x"},
      {"tristab export --table ", "export r.json --csv - --table x"},
      {"tristab generate --dtype ", "generate ones -o a.npy --dtype x"},
      {"tristab compare --metrics ", "compare --metrics x"},
      {"tristab generate ", "generate x -o a.npy"},
      {"tristab invert --kernel ", "invert a.npy --kernel x -o b.npy"},
      {"tristab invert --method=", "invert a.npy --method x --arithmetic fp16 -o b.npy"}};
  std::vector<std::string> lines;
  for (const auto& [line, arguments] : cases) lines.push_back(line);
  const std::vector<Words> found = offers(lines);
  for (std::size_t k = 0; k < cases.size(); ++k) {
    const auto& [line, arguments] = cases[k];
    Words expected, offered;
    for (std::string word : allowed_by(arguments)) {
      // Of many names the message lists the nearest alone.
      if (word.find("more") == std::string::npos) expected.insert(word);
    }
    for (const std::string& word : found[k]) offered.insert(word.substr(word.find('=') + 1));
    EXPECT_FALSE(expected.empty()) << arguments;
    EXPECT_EQ(offered, expected) << line;
  }
}

TEST_P(Completion, offers_every_name_of_the_registries) {
  std::vector<std::pair<std::string, Words>> registries;
  Words names;
  for (const Method& method : methods()) names.insert(method.description.name);
  registries.emplace_back("methods", names);
  names.clear();
  for (const RecipeEntry& entry : recipe_entries()) names.insert(entry.description.name);
  registries.emplace_back("kernels", names);
  names.clear();
  for (const Description& arithmetic : arithmetic_descriptions()) {
    if (!arithmetic.name.starts_with("eXmY")) names.insert(arithmetic.name);
  }
  registries.emplace_back("arithmetics", names);
  names.clear();
  for (const FormatDescription& format : format_descriptions()) names.insert(format.name);
  registries.emplace_back("formats", names);
  names.clear();
  for (const Description& family : family_descriptions()) names.insert(family.name);
  registries.emplace_back("families", names);
  names.clear();
  for (const DeltaRule& rule : delta_rules()) names.insert(rule.name);
  registries.emplace_back("rules", names);
  names.clear();
  for (const Description& formation : formation_descriptions()) names.insert(formation.name);
  registries.emplace_back("formations", names);
  names.clear();
  for (const MetricInfo& metric : metrics()) names.insert(std::string(metric.name));
  registries.emplace_back("metrics", names);

  std::vector<std::string> lines;
  for (const auto& [kind, all] : registries) lines.push_back(fmt::format("tristab list {} ", kind));
  const std::vector<Words> found = offers(lines);
  for (std::size_t k = 0; k < registries.size(); ++k) EXPECT_EQ(found[k], registries[k].second) << lines[k];
  EXPECT_EQ(offer("tristab compare --arithmetics "), registries[2].second);
}

TEST_P(Completion, offers_the_parameters_of_names) {
  std::vector<std::string> lines;
  std::vector<Words> expected;
  const auto add = [&](const std::string& line, std::span<const Parameter> parameters) {
    lines.push_back(line);
    expected.emplace_back();
    for (const Parameter& parameter : parameters) expected.back().insert(parameter.name);
  };
  for (const Method& method : methods()) {
    add(fmt::format("tristab sweep --methods mbh,{}:", method.description.name),
        method.description.parameters);
  }
  for (const Description& family : family_descriptions()) {
    add(fmt::format("tristab compare --family {}:", family.name), family.parameters);
    add(fmt::format("tristab generate {} ", family.name), family.parameters);
  }
  for (const RecipeEntry& entry : recipe_entries()) {
    add(fmt::format("tristab invert a.npy --kernel {}:", entry.description.name),
        entry.description.parameters);
  }
  for (const char* arithmetic : {"fp16", "int8", "bf16-h100", "mxfp8"}) {
    add(fmt::format("tristab invert a.npy --arithmetic={}:", arithmetic), arithmetic_parameters(arithmetic));
  }
  const std::vector<Words> found = offers(lines);
  for (std::size_t k = 0; k < lines.size(); ++k) {
    Words names;
    for (std::string word : found[k]) {
      word.erase(0, word.rfind(':') + 1);
      names.insert(word.substr(0, word.find('=')));
    }
    EXPECT_EQ(names, expected[k]) << lines[k];
  }
}

TEST_P(Completion, goes_on_after_commas_and_parameters) {
  const std::vector<std::pair<std::string, Words>> cases{
      {"tristab sweep --meth", {"--methods"}},
      {"tristab sweep --methods mxr,mb", {"mxr,mbh"}},
      {"tristab sweep c.json --methods mxr:bl", {"mxr:block="}},
      {"tristab sweep --methods mxr:block=8,mb", {"mxr:block=8,mbh"}},
      {"tristab sweep --methods=mxr:block=8,mb", {"--methods=mxr:block=8,mbh"}},
      {"tristab sweep --arithmetics fp16,int8:scale=r", {"fp16,int8:scale=row"}},
      {"tristab compare --metrics frobenius,snr_db_", {"frobenius,snr_db_strict_lower"}},
      {"tristab list methods mx", {"mxr"}},
      {"tristab list rules zz", {}},
      {"tristab generate gdn keys=si", {"keys=silu"}},
      {"tristab generate gdn keys=silu --chunk 16 activ", {"activation="}},
      {"tristab invert a.npy --method mxr:block=8 blo", {"block="}},
      // --layer is a flag of sweep, and takes a name in compare and invert.
      {"tristab sweep --layer --dry", {"--dry-run"}},
      {"tristab --version list rul", {"rules"}},
      {"tristab compare --layer sweep r.json --tok", {"--tokens"}},
      {"tristab compare --layer layer6 --tok", {"--tokens"}},
      {"tristab compare --jobs 3 --form", {"--format"}}};
  std::vector<std::string> lines;
  for (const auto& [line, expected] : cases) lines.push_back(line);
  const std::vector<Words> found = offers(lines);
  for (std::size_t k = 0; k < cases.size(); ++k) {
    Words offered;
    for (const std::string& word : found[k]) {
      // activation has named choices, offered one by one.
      offered.insert(word.starts_with("activation=") ? "activation=" : word);
    }
    EXPECT_EQ(offered, cases[k].second) << lines[k];
  }
}

TEST_P(Completion, offers_files_of_the_kind_that_is_read_or_written) {
  const std::vector<Words> found =
      offers({"tristab sweep ", "tristab invert ", "tristab sweep c.json --html ",
              "tristab export r.json --gnuplot ", "tristab compare --input "});
  const std::string folder = std::string(GetParam()) == "fish" ? "folder/" : "folder";
  for (const Words& each : found) EXPECT_TRUE(each.contains(folder));
  EXPECT_TRUE(found[0].contains("a.json"));
  EXPECT_TRUE(found[1].contains("b.npy"));
  EXPECT_TRUE(found[4].contains("b.npy"));
  EXPECT_EQ(found[3], Words{folder});
  if (std::string(GetParam()) == "fish") return;  // which offers all files, the fitting ones first
  EXPECT_EQ(found[0], (Words{"a.json", folder}));
  EXPECT_EQ(found[1], (Words{"b.npy", folder}));
  EXPECT_EQ(found[4], (Words{"b.npy", folder}));
}

INSTANTIATE_TEST_SUITE_P(In, Completion, testing::Values("bash", "zsh", "fish"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace tristab
