#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "shell.h"
#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/format/format.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"
#include "tristab/report/cross_table.h"
#include "tristab/sweep/field.h"

namespace tristab::completion_test {

using Words = std::set<std::string>;

struct Completed {
  Words offered;          // for the last word
  std::string after_tab;  // the line then; empty of fish, which is asked without a terminal
};

// Shells that really complete; each parameter is a shell's name.
class Completion : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { NEEDS_TOOL(is_installed(GetParam()), GetParam()); }

  // For each command line what the shell makes of it, in a directory with one .json, one .npy and one other
  // file, files and a directory with blanks in their names, a directory "folder", and the program in ~/.bin.
  std::vector<Completed> completed(const std::vector<std::string>& command_lines) const {
    const Workplace place, scripts;
    const std::string shell = GetParam();
    for (const char* name : {"a.json", "b.npy", "c.txt", "my file.json"}) place.write(name, "");
    for (const char* name : {"folder", "my folder", ".bin"}) std::filesystem::create_directory(place.file(name));
    std::filesystem::create_symlink(TRISTAB_PROGRAM, place.file(".bin/tristab"));
    std::string lines;
    for (const std::string& line : command_lines) lines += line + "\n";
    scripts.write("lines", lines);
    const std::string script = scripts.file(shell == "zsh" ? "_tristab" : "tristab").string();
    const std::string argument = shell == "zsh" ? scripts.file(".").string() : script;
    const std::string quiet = shell == "zsh" ? "-f" : (shell == "fish" ? "--no-config" : "--norc");
    const ProgramResult result =
        run_command(fmt::format("export HOME=$PWD LC_ALL=C.UTF-8\ntristab completion {0} >{1} && {0} {2} "
                                "'{3}/tests/apps/shells/completions.{0}' {4} <'{5}'",
                                shell, script, quiet, TRISTAB_SOURCE_DIR, argument, scripts.file("lines").string()),
                    place.file("."));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    std::vector<Completed> all;
    for (const std::string& line : lines_of(result.out)) {
      if (line == "@@") {
        all.emplace_back();
      } else if (line.starts_with("> ")) {
        all.back().after_tab = line.substr(2);
      } else {
        all.back().offered.insert(line);
      }
    }
    EXPECT_EQ(all.size(), command_lines.size());
    all.resize(command_lines.size());
    return all;
  }

  std::vector<Words> offers(const std::vector<std::string>& command_lines) const {
    std::vector<Words> all;
    for (Completed& each : completed(command_lines)) all.push_back(std::move(each.offered));
    return all;
  }

  Words offer(const std::string& command_line) const { return offers({command_line}).front(); }
};

Words words(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

// The names in "Allowed: a, b, c" of the message with which the program refuses a word.
Words allowed_by(const std::string& arguments) {
  const Workplace place;
  place.write("c.json", R"({"chunks": 16, "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
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
      for (const std::string& name : option.names) EXPECT_TRUE(offered.contains(name)) << names[k] << " " << name;
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
  for (const Field& field : record_fields()) {
    if (field.is_number()) names.insert(field.name());
  }
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
    add(fmt::format("tristab sweep --methods mbh,{}:", method.description.name), method.description.parameters);
  }
  for (const Description& family : family_descriptions()) {
    add(fmt::format("tristab compare --family {}:", family.name), family.parameters);
    add(fmt::format("tristab generate {} ", family.name), family.parameters);
  }
  for (const RecipeEntry& entry : recipe_entries()) {
    add(fmt::format("tristab invert a.npy --kernel {}:", entry.description.name), entry.description.parameters);
  }
  for (const char* arithmetic : {"fp16", "int8", "bf16-h100", "mxfp8"}) {
    add(fmt::format("tristab invert a.npy --arithmetic={}:", arithmetic),
        find_preset(arithmetic, "test").description.parameters);
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
      {"tristab invert a.npy --kernel a.j", {"a.json"}},
      {"tristab sweep --kernels fla-kda,a.j", {"fla-kda,a.json"}},
      {"tristab sweep --kernels fla-kda,flashq", {"fla-kda,flashqla"}},
      {"tristab list rules zz", {}},
      {"tristab generate gdn keys=si", {"keys=silu"}},
      {"tristab generate gdn keys=silu --chunk 16 activ", {"activation="}},
      {"tristab invert a.npy --method mxr:block=8 blo", {"block="}},
      // A flag takes no word, a name does.
      {"tristab sweep --layer-outputs --dry", {"--dry-run"}},
      {"tristab --version list rul", {"rules"}},
      {"tristab compare --layer sweep r.json --tok", {"--tokens"}},
      {"tristab compare --layer layer6 --tok", {"--tokens"}},
      {"tristab compare --families ones --formations gram --fam", {"--family"}},
      {"tristab compare --families", {"--families"}},
      {"tristab compare --jobs 3 --forma", {"--format", "--formation"}}};
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
  const std::vector<Words> found = offers({"tristab sweep ", "tristab invert ", "tristab sweep c.json --html ",
                                           "tristab sweep c.json --html=fo", "tristab export r.json --gnuplot ",
                                           "tristab compare --input ", "tristab sweep ~/a", "tristab sweep my\\ f"});
  const std::string end = std::string(GetParam()) == "fish" ? "/" : "";  // of directories
  const Words folders{"folder" + end, "my folder" + end};
  const auto with = [&](std::initializer_list<const char*> files) {
    Words all = folders;
    all.insert(files.begin(), files.end());
    return all;
  };
  EXPECT_EQ(found[0], with({"a.json", "my file.json"}));
  EXPECT_EQ(found[1], with({"b.npy"}));
  EXPECT_EQ(found[2], folders);
  EXPECT_EQ(found[3], Words{"--html=folder" + end});
  EXPECT_EQ(found[4], folders);
  EXPECT_EQ(found[5], with({"b.npy"}));
  EXPECT_EQ(found[6], Words{"~/a.json"});
  EXPECT_EQ(found[7], (Words{"my file.json", "my folder" + end}));
}

TEST_P(Completion, asks_the_program_that_was_typed) { EXPECT_EQ(offer("~/.bin/tristab sw"), Words{"sweep"}); }

// A blank follows a word that is whole, and nothing one that goes on.
// fish is asked without a terminal, and so has no line.
class CompletionOfALine : public Completion {};

TEST_P(CompletionOfALine, puts_a_single_word_in_its_place) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"tristab sw", "tristab sweep "},
      {"tristab sweep --meth", "tristab sweep --methods "},
      {"tristab sweep --methods mxr:block=8,mb", "tristab sweep --methods mxr:block=8,mbh"},
      {"tristab sweep --methods=mxr:bl", "tristab sweep --methods=mxr:block="},
      {"tristab invert a.npy --method res", "tristab invert a.npy --method residual-neumann "},
      {"tristab generate gdn keys=si", "tristab generate gdn keys=silu "},
      {"tristab sweep fo", "tristab sweep folder/"},
      {"tristab sweep a", "tristab sweep a.json "},
      {"tristab sweep my\\ fi", "tristab sweep my\\ file.json "},
      {"tristab sweep \"my fi", "tristab sweep \"my file.json\" "},
      {"tristab sweep c.json --html=fo", "tristab sweep c.json --html=folder/"},
      {"tristab list rules zz", "tristab list rules zz"}};
  std::vector<std::string> lines;
  for (const auto& [line, expected] : cases) lines.push_back(line);
  const std::vector<Completed> found = completed(lines);
  for (std::size_t k = 0; k < cases.size(); ++k) EXPECT_EQ(found[k].after_tab, cases[k].second);
}

INSTANTIATE_TEST_SUITE_P(In, Completion, testing::Values("bash", "zsh", "fish"),
                         [](const auto& each) { return std::string(each.param); });
INSTANTIATE_TEST_SUITE_P(In, CompletionOfALine, testing::Values("bash", "zsh"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace tristab::completion_test
