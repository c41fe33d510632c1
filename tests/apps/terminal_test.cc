// Tables, colours, the progress line and the closing lines of a sweep, on a pseudo-terminal.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>

#include "pseudo_terminal.h"
#include "run_program.h"
#include "tristab/report/text_layout.h"

namespace tristab::terminal_test {

constexpr const char* config = R"({"name": "wide", "chunks": [16, 32], "trials": 2,
  "families": ["ones", {"family": "gdn", "keys": "collinear", "gate": "none", "negative": true, "head_dim": 32},
               {"family": "uniform-signed", "scale": 1000000}],
  "methods": ["mbh", "mch", {"method": "residual-neumann", "mask": false, "order": 8},
              {"method": "refine", "base": {"method": "mxr", "block": 8}, "steps": 2}],
  "arithmetics": ["fp16", {"arithmetic": "int8", "scale": "row", "scale_rule": "power-of-two"}]})";

constexpr const char* layered =
    R"({"name": "layered", "chunks": [16], "trials": 1, "layer": true, "layer_chunks": 2,
  "families": [{"family": "gdn", "keys": "collinear", "eps": 0.3, "head_dim": 32, "beta": "constant", "beta_value": 0.9}],
  "methods": ["mch", {"method": "refine", "base": {"method": "mxr", "block": 8}, "steps": 2}],
  "arithmetics": ["fp16"], "formations": ["exact", "gram"]})";

constexpr const char* scenarios = R"({"name": "judged", "chunks": [32], "trials": 2, "scenarios": [
  {"name": "all-ones-in-half-precision", "what": "what happened in the field, told in a sentence that needs a line",
   "source": "https://example.org/a/source/with/an/address/that/is/longer/than/sixty/columns/are", "families": ["ones"],
   "methods": ["mch", {"method": "residual-neumann", "mask": false, "order": 8}], "arithmetics": ["fp16"],
   "expect": [{"method": "mch", "metric": "strict_lower", "statistic": "max", "at_least": 1, "why": "overflow"},
              {"method": "residual-neumann", "statistic": "unfit", "equals": 7, "why": "nothing but to see it not met"}]}]})";

// Nothing that the program prints is wider than the terminal, and the terminal never has to wrap a line, but
// for the line that names the file of a sweep and the next command.
void expect_width(const TerminalResult& result, std::size_t width, const std::string& command) {
  for (const std::string& line : result.screen()) {
    if (line.starts_with("rest      ")) continue;
    EXPECT_LE(display_width(line), width) << command << " at " << width << ":\n" << line;
  }
}

class Terminal : public testing::TestWithParam<int> {};

TEST_P(Terminal, no_table_is_wider) {
  const Workplace place;
  place.write("c.json", config);
  place.write("l.json", layered);
  place.write("s.json", scenarios);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const int width = GetParam();
  std::vector<std::string> commands{"compare r.json",
                                    "compare r.json --metrics strict_lower,snr_db",
                                    "sweep c.json --dry-run",
                                    "sweep s.json --dry-run",
                                    "sweep c.json -o again.json",
                                    "sweep l.json",
                                    "generate --describe $DATA/gdn-slice.safetensors",
                                    "generate --describe $DATA/kda-slice.safetensors",
                                    "selftest --vectors $DATA/h100-dots.safetensors"};
  for (const char* kind : {"methods", "kernels", "arithmetics", "formats", "families", "rules", "formations", "metrics",
                           "methods residual-neumann", "kernels fla-gdn-fused", "families gdn", "arithmetics bf16-h100",
                           "rules dplr", "metrics bound"}) {
    commands.push_back(fmt::format("list {}", kind));
  }
  for (const std::string& command : commands) {
    const TerminalResult result = run_on_terminal(command, place.file(""), width);
    EXPECT_EQ(result.status, 0) << command << "\n" << result.raw;
    EXPECT_GE(result.screen().size(), 3u) << command;
    expect_width(result, static_cast<std::size_t>(width), command);
  }
  const TerminalResult judged = run_on_terminal("sweep s.json", place.file(""), width);
  EXPECT_EQ(judged.status, 1) << judged.raw;  // an expectation is not met
  expect_width(judged, static_cast<std::size_t>(width), "sweep s.json");
}

INSTANTIATE_TEST_SUITE_P(Widths, Terminal, testing::Values(60, 80, 100, 160));

TEST(TerminalTables, what_a_narrow_one_leaves_out_is_named_a_wide_one_has_it_all) {
  const Workplace place;
  place.write("c.json", config);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const auto plain = [&](int width) {
    return without_colors(run_on_terminal("compare r.json", place.file(""), width).raw);
  };
  EXPECT_NE(plain(60).find("left out: "), std::string::npos);
  const std::string wide = plain(160);
  EXPECT_EQ(wide.find("left out: "), std::string::npos);
  EXPECT_NE(wide.find("refine:base=(mxr:block=8):steps=2    int8:scale=row:scale_rule=power-of-two  "),
            std::string::npos)
      << wide;  // a pipe breaks both
  EXPECT_EQ(place.run("compare r.json").out.find("refine:base=(mxr:block=8):steps=2    int8:scale=row"),
            std::string::npos);
}

TEST(TerminalTables, COLUMNS_goes_before_the_terminals_own_width) {
  const Workplace place;
  const auto widest = [&](const std::map<std::string, std::string>& environment) {
    std::size_t width = 0;
    for (const std::string& line : run_on_terminal("list metrics", place.file(""), 90, environment).screen())
      width = std::max(width, display_width(line));
    return width;
  };
  const std::size_t own = widest({}), narrower = widest({{"COLUMNS", "62"}});
  EXPECT_LE(own, 90u);
  EXPECT_GT(own, 62u);
  EXPECT_LE(narrower, 62u);
  EXPECT_EQ(widest({{"COLUMNS", "wide"}}), own);  // no number
}

// Two columns a character, in a label that has to be broken.
TEST(TerminalTables, names_of_files_may_have_wide_characters) {
  const Workplace place;
  std::string name;
  for (int k = 0; k < 25; ++k) name += "\xe6\x97\xa5\xe6\x9c\xac";
  place.write(name + ".npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16)));
  for (const char* options : {"", " --metrics strict_lower"}) {
    const std::string command =
        fmt::format("compare --input {}.npy --chunk 16 --methods mbh,mch --arithmetics fp16{}", name, options);
    const TerminalResult result = run_on_terminal(command, place.file(""), 60);
    EXPECT_EQ(result.status, 0) << result.raw;
    expect_width(result, 60, command);
    EXPECT_NE(result.raw.find("\xe6\x97\xa5\xe6\x9c\xac"), std::string::npos) << result.raw;
  }
}

TEST(TerminalColors, are_on_a_terminal_alone_and_NO_COLOR_and_the_option_decide) {
  const Workplace place;
  place.write("c.json", config);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const auto colored = [&](const std::string& arguments, const std::map<std::string, std::string>& environment) {
    const TerminalResult result = run_on_terminal(arguments, place.file(""), 100, environment);
    EXPECT_EQ(result.status, 0) << result.raw;
    return result.raw.find("\033[") != std::string::npos;
  };
  EXPECT_TRUE(colored("compare r.json", {}));
  EXPECT_FALSE(colored("compare r.json", {{"NO_COLOR", "1"}}));
  EXPECT_TRUE(colored("compare r.json", {{"NO_COLOR", ""}}));  // empty is not set: no-color.org
  EXPECT_FALSE(colored("compare r.json", {{"TERM", "dumb"}}));
  EXPECT_FALSE(colored("compare r.json --color never", {}));
  EXPECT_FALSE(colored("--color never compare r.json", {}));
  EXPECT_TRUE(colored("compare r.json --color=always", {{"NO_COLOR", "1"}}));
  EXPECT_TRUE(colored("--color always compare r.json", {{"TERM", "dumb"}}));
  for (const char* format : {"markdown", "csv"})
    EXPECT_FALSE(colored(fmt::format("compare r.json --metrics strict_lower --color always --format {}", format), {}));

  EXPECT_EQ(place.run("compare r.json").out.find('\033'), std::string::npos);
  const std::string piped = place.run("compare r.json --color always").out;
  EXPECT_NE(piped.find('\033'), std::string::npos);
  EXPECT_EQ(without_colors(piped), place.run("compare r.json").out);
  const ProgramResult refused = place.run("compare r.json --color alwys");
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("--color: no choice is called 'alwys'; did you mean 'always'?"), std::string::npos)
      << refused.err;
}

TEST(TerminalColors, words_say_what_colours_say) {
  const Workplace place;
  place.write("c.json", config);
  place.write("s.json", scenarios);
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const std::string table = run_on_terminal("compare r.json", place.file(""), 120).raw;
  for (const char* word : {"fit", "nonfinite [0-9]+/[0-9]+"})  // a style, the word, and the end of the style
    EXPECT_TRUE(std::regex_search(table, std::regex(fmt::format("\033\\[[0-9;]+m{}\033\\[0m", word)))) << word;
  const std::string judged = run_on_terminal("sweep s.json", place.file(""), 120).raw;
  EXPECT_TRUE(std::regex_search(judged, std::regex("\033\\[[0-9;]+mmet\033\\[0m")));
  EXPECT_TRUE(std::regex_search(judged, std::regex("\033\\[[0-9;]+mNOT MET\033\\[0m")));
  EXPECT_EQ(run_on_terminal("compare nothing.json", place.file(""), 80).raw.find("tristab: \033["), 0u);
  EXPECT_EQ(without_colors(run_on_terminal("compare nothing.json", place.file(""), 80).raw).find("tristab: error: "),
            0u);
}

// Enough work for several lines of progress on any machine.
constexpr const char* slow = R"({"name": "slow", "chunks": [128], "trials": 100000, "families": ["uniform"],
  "methods": ["matrix-column-sweep", "mch"], "arithmetics": ["fp16"]})";

TEST(TerminalProgress, has_count_rate_time_and_worst_and_goes_if_stopped) {
  const Workplace place;
  place.write("c.json", slow);
  const TerminalResult result = run_on_terminal("sweep c.json -o r.json", place.file(""), 100, {}, 300);
  EXPECT_EQ(result.status, 130) << result.raw;
  const std::regex line(
      "\r[0-9]+/200000 cases, 0%, [0-9.]+/s, [0-9:]+ left; (worst [0-9.e+-]+|first non-finite): "
      "(matrix-column-sweep|mch) fp16 on uniform n=128[^\r\n]*\033\\[K");
  EXPECT_TRUE(std::regex_search(result.raw, line)) << result.raw;
  const std::vector<std::string> screen = result.screen();
  for (const std::string& each : screen) EXPECT_EQ(each.find(" left; "), std::string::npos) << each;
  EXPECT_TRUE(screen.back().starts_with("tristab: stopped; no complete result was written; ")) << screen.back();
}

TEST(TerminalProgress, stays_on_one_line_of_a_narrow_terminal) {
  const Workplace place;
  place.write("c.json", slow);
  const TerminalResult result = run_on_terminal("sweep c.json -o r.json", place.file(""), 40, {}, 300);
  int lines = 0;
  for (std::size_t at = result.raw.find('\r'); at != std::string::npos; at = result.raw.find('\r', at + 1)) {
    const std::size_t end = result.raw.find_first_of("\033^", at);
    EXPECT_LE(end - at - 1 + std::string_view("^C").size(), 39u) << result.raw.substr(at, 100);
    ++lines;
  }
  EXPECT_GT(lines, 2);
}

TEST(TerminalProgress, tells_of_the_writing_and_is_cleared_before_the_summary) {
  const Workplace place;
  place.write("c.json", config);
  const TerminalResult result = run_on_terminal("sweep c.json -o r.json --html r.html", place.file(""), 100);
  EXPECT_EQ(result.status, 0) << result.raw;
  EXPECT_NE(result.raw.find("\rwriting r.json\033[K"), std::string::npos) << result.raw;
  EXPECT_NE(result.raw.find("\rwriting r.html\033[K"), std::string::npos) << result.raw;
  EXPECT_EQ(result.screen().front().find("80 cases (10 matrices) in "), 0u) << result.screen().front();
  EXPECT_EQ(result.screen().back().find("writing"), std::string::npos) << result.screen().back();
}

TEST(TerminalProgress, does_not_stand_between_the_lines_of_a_result) {
  const Workplace place;
  place.write("c.json", config);
  const TerminalResult result = run_on_terminal("sweep c.json -o - --format ndjson", place.file(""), 100);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.raw.find('\r'), std::string::npos);
}

TEST(TerminalProgress, is_not_in_a_pipe_or_on_a_dumb_terminal) {
  const Workplace place;
  place.write("c.json", config);
  EXPECT_EQ(place.run("sweep c.json -o r.json").err.find('\r'), std::string::npos);
  EXPECT_EQ(run_on_terminal("sweep c.json -o r.json", place.file(""), 80, {{"TERM", "dumb"}}).raw.find('\r'),
            std::string::npos);
}

TEST(TerminalSummary, a_sweep_ends_with_at_most_ten_lines_on_standard_error) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult one = place.run("sweep c.json -o r.json --jobs 1");
  EXPECT_EQ(one.out, "");
  EXPECT_LE(std::count(one.err.begin(), one.err.end(), '\n'), 10) << one.err;
  // (1 + 2 + 2) matrices of two sizes, 4 methods in 2 arithmetics.
  EXPECT_EQ(one.err.find("80 cases (10 matrices) in "), 0u) << one.err;
  EXPECT_NE(one.err.find("\nfailed    mch "), std::string::npos) << one.err;
  EXPECT_NE(one.err.find("\ncheapest  "), std::string::npos) << one.err;
  EXPECT_NE(one.err.find("\nrest      r.json; next: tristab compare r.json"), std::string::npos) << one.err;
  const auto without_run = [](const std::string& text) {
    return std::regex_replace(text, std::regex("in [0-9.]+ s on [0-9]+ threads?"), "");
  };
  EXPECT_EQ(without_run(place.run("sweep c.json -o r.json --jobs 2").err), without_run(one.err));
  const ProgramResult piped = place.run("sweep c.json -o -");
  EXPECT_NE(piped.err.find("rest      on standard output\n"), std::string::npos) << piped.err;
}

}  // namespace tristab::terminal_test
