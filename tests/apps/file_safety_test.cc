// No command harms a file that it reads, a result of another configuration, or who reads its output.
#include <gtest/gtest.h>

#include <algorithm>

#include "run_program.h"
#include "shell.h"
#include "tristab/base/json.h"

namespace tristab::file_safety_test {

constexpr const char* config = R"({"chunks": [16], "trials": 1, "families": ["uniform"], "methods": ["mbh"],
                                   "arithmetics": ["fp16"]})";

// A recipe file: a built-in one under another name.
std::string recipe() {
  const Workplace place;
  return place.run("list kernels").out.empty() ? ""
                                               : R"({"kernel": "mine", "summary": "s", "source": "s", "date": "2026",
    "method": "mbh", "arithmetic": {"*": "fp16"}, "phases": ["one"]})";
}

// A directory with a configuration, a recipe, a result and matrices.
struct Inputs : Workplace {
  Inputs() {
    write("c.json", config);
    write("k.json", recipe());
    EXPECT_EQ(run("sweep c.json -o r.json").status, 0);
    EXPECT_EQ(run("sweep c.json -o r.ndjson").status, 0);
    EXPECT_EQ(run("generate uniform --trials 1 --chunk 16 -o A.npy").status, 0);
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(FileSafety, no_command_replaces_what_it_reads) {
  const Inputs place;
  std::filesystem::create_symlink("c.json", place.file("link.json"));
  std::filesystem::create_hard_link(place.file("c.json"), place.file("hard.json"));
  const std::pair<const char*, const char*> commands[] = {
      {"sweep c.json -o c.json", "c.json"},
      {"sweep c.json -o ./c.json", "c.json"},
      {"sweep c.json -o link.json", "c.json"},
      {"sweep link.json -o c.json", "c.json"},
      {"sweep c.json -o hard.json", "c.json"},
      {"sweep - -o c.json <c.json", "c.json"},
      {"sweep c.json -o x.json --html c.json", "c.json"},
      {"sweep c.json --kernels k.json -o k.json", "k.json"},
      {"sweep c.json --families file:path=A.npy -o A.npy --format json", "A.npy"},
      {"report r.json -o r.json", "r.json"},
      {"diff r.json r.ndjson -o r.json", "r.json"},
      {"diff r.json r.ndjson --json -o r.ndjson", "r.ndjson"},
      {"export r.json --csv r.json", "r.json"},
      {"export r.ndjson --ndjson r.ndjson", "r.ndjson"},
      {"invert A.npy --method mbh --arithmetic fp16 -o A.npy", "A.npy"},
      {"invert - --method mbh --arithmetic fp16 -o A.npy <A.npy", "A.npy"},
      {"invert A.npy --kernel k.json -o k.json", "k.json"},
      {"generate file path=A.npy --chunk 16 -o A.npy", "A.npy"}};
  for (const auto& [command, input] : commands) {
    for (const char* force : {"", " --force"}) {
      const std::string before = place.read(input);
      std::string words = command;
      std::string standard_input;
      if (const std::size_t from = words.find(" <"); from != std::string::npos) {
        standard_input = words.substr(from + 2);
        words.resize(from);
      }
      const ProgramResult result = place.run(words + force, standard_input);
      EXPECT_EQ(result.status, 2) << command << result.err;
      EXPECT_TRUE(has(result.err, "which the command reads")) << command << result.err;
      EXPECT_TRUE(place.read(input) == before) << command;
    }
  }
}

TEST(FileSafety, two_outputs_are_not_one_file) {
  const Inputs place;
  for (const char* command : {"sweep c.json -o x.json --html x.json", "sweep c.json -o x.json --html ./x.json",
                              "export r.json --csv x --ndjson x", "export r.json --csv d/plot.gp --gnuplot d"}) {
    const ProgramResult result = place.run(command);
    EXPECT_EQ(result.status, 2) << command;
    EXPECT_TRUE(has(result.err, "found the file of")) << result.err;
  }
  EXPECT_EQ(place.files(), (std::vector<std::string>{"A.npy", "c.json", "k.json", "r.json", "r.ndjson"}));
}

TEST(FileSafety, a_result_of_another_configuration_needs_force) {
  const Inputs place;
  for (const char* name : {"r.json", "r.ndjson"}) {
    const std::string sweep = std::string("sweep c.json -o ") + name, before = place.read(name);
    EXPECT_EQ(place.run(sweep).status, 0);  // the same one again
    const ProgramResult other = place.run(sweep + " --seed 2");
    EXPECT_EQ(other.status, 2);
    EXPECT_TRUE(has(other.err, "a result of another configuration (seed 1 instead of 2)")) << other.err;
    EXPECT_TRUE(has(other.err, "--force")) << other.err;
    EXPECT_EQ(place.read(name).substr(0, 60), before.substr(0, 60));
    EXPECT_EQ(place.run(sweep + " --require 2x-fp16").status, 2);
    EXPECT_EQ(place.run(sweep + " --seed 2 --force").status, 0);
    EXPECT_TRUE(has(place.read(name), "\"seed\": 2"));
  }
}

TEST(FileSafety, files_that_do_not_say_what_made_them_need_force) {
  const Inputs place;
  for (const char* command : {"sweep c.json -o x.csv", "generate ones --chunk 16 -o x.npy",
                              "invert A.npy --method mbh --arithmetic fp16 -o y.npy"}) {
    std::string name = command;
    name = name.substr(name.rfind(' ') + 1);
    ASSERT_EQ(place.run(command).status, 0) << command;
    const std::string before = place.read(name);
    const ProgramResult again = place.run(command);
    EXPECT_EQ(again.status, 2) << command;
    EXPECT_TRUE(has(again.err, name + ": found an older file, in a format that does not say what made it; allowed: "
                                      "another name, or --force to replace it"))
        << again.err;
    EXPECT_TRUE(place.read(name) == before) << command;
    EXPECT_EQ(place.run(std::string(command) + " --force").status, 0) << command;
  }
  // Another requirement gives a table of the same cases with other words.
  EXPECT_EQ(place.run("sweep c.json -o x.csv --require 1e-9x-fp16").status, 2);
  EXPECT_EQ(place.run("sweep c.json -o x.csv --require 1e-9x-fp16 --force").status, 0);
  EXPECT_TRUE(has(place.read("x.csv"), "unfit"));
}

TEST(FileSafety, somebodys_data_need_force) {
  const Inputs place;
  for (const char* command :
       {"sweep c.json -o x.json", "sweep c.json -o x.ndjson", "sweep c.json -o x.csv",
        "sweep c.json -o y.json --html x.html", "report r.json -o x.html", "export r.json --csv x.csv",
        "export r.json --ndjson x.ndjson", "generate ones --chunk 16 -o x.npy",
        "invert A.npy --method mbh --arithmetic fp16 -o x.npy"}) {
    std::string name = command;
    name = name.substr(name.rfind(' ') + 1);
    place.write(name, "mine");
    EXPECT_EQ(place.run(command).status, 2) << command;
    EXPECT_EQ(place.read(name), "mine") << command;
    EXPECT_EQ(place.run(std::string(command) + " --force").status, 0) << command;
    EXPECT_NE(place.read(name), "mine") << command;
    const bool says_what_made_it = !name.ends_with(".npy") && !has(command, "sweep c.json -o x.csv");
    EXPECT_EQ(place.run(command).status, says_what_made_it ? 0 : 2) << command;  // its own file again
  }
}

TEST(FileSafety, a_page_ends_in_html) {
  const Inputs place;
  for (const char* command :
       {"report r.json -o page", "report r.json -o page.json", "sweep c.json -o x.json --html p"}) {
    const ProgramResult result = place.run(command);
    EXPECT_EQ(result.status, 2) << command;
    EXPECT_TRUE(has(result.err, ".html")) << result.err;
  }
  EXPECT_EQ(place.files(), (std::vector<std::string>{"A.npy", "c.json", "k.json", "r.json", "r.ndjson"}));
}

// Whoever is first and whoever is last: the file is one whole result, of a run that reports success.
TEST(FileSafety, two_runs_with_one_output_leave_one_whole_result) {
  const Workplace place;
  place.write("a.json", R"({"name": "a", "chunks": [64], "trials": 40, "families": ["uniform"], "methods": ["mbh"],
                            "arithmetics": ["fp16", "bf16"]})");
  place.write("b.json", R"({"name": "b", "chunks": [64], "trials": 30, "families": ["uniform"], "methods": ["mbh"],
                            "arithmetics": ["fp16", "bf16"]})");
  for (const char* name : {"x.json", "x.ndjson", "x.csv"}) {
    const std::string output = name;
    const ProgramResult both =
        run_command("tristab sweep a.json -o " + output + " 2>a.err & A=$!; tristab sweep b.json -o " + output +
                        " 2>b.err; B=$?; wait $A; echo $? $B",
                    place.file("."));
    const bool a = both.out.starts_with("0 "), b = both.out.ends_with(" 0\n");
    EXPECT_TRUE(a != b) << both.out << place.read("a.err") << place.read("b.err");
    const std::string text = place.read(output);
    if (output == "x.csv") {
      EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 2 * (a ? 40 : 30));
      continue;
    }
    EXPECT_TRUE(has(text, a ? "\"name\": \"a\"" : "\"name\": \"b\"")) << name;
    const ProgramResult compared = place.run("compare " + output);
    EXPECT_EQ(compared.status, 0) << compared.err;
    EXPECT_EQ(compared.err, "") << name;  // it is complete
  }
}

TEST(FileSafety, an_interrupted_ndjson_spares_the_old_one_and_says_where) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [64], "trials": 100000, "families": ["uniform"],
                            "methods": ["matrix-column-sweep"], "arithmetics": ["fp16"]})");
  ASSERT_EQ(place.run("sweep c.json --trials 1 -o old.ndjson").status, 0);
  const std::string old = place.read("old.ndjson");
  place.write("r.ndjson", old);
  const ProgramResult result = place.run("sweep c.json -o r.ndjson --force", "", "timeout --preserve-status -s INT 2");
  EXPECT_EQ(result.status, 130);
  EXPECT_TRUE(has(result.err, "tristab: stopped; no complete result was written; ")) << result.err;
  EXPECT_TRUE(has(result.err, " cases are kept in r.ndjson.partial; to go on, say --resume beside --force\n"))
      << result.err;
  EXPECT_EQ(place.read("r.ndjson"), old);
  const ProgramResult partial = place.run("compare r.ndjson.partial");
  EXPECT_EQ(partial.status, 0);
  EXPECT_TRUE(has(partial.err, "is not complete")) << partial.err;
  // It is not lost to another configuration either.
  const std::string records = place.read("r.ndjson.partial");
  EXPECT_EQ(place.run("sweep c.json --trials 1 -o r.ndjson").status, 2);
  EXPECT_EQ(place.read("r.ndjson.partial"), records);
  EXPECT_EQ(place.run("sweep c.json -o r.ndjson --resume").status, 2);  // the old one is still in the way
  const ProgramResult on =
      place.run("sweep c.json -o r.ndjson --resume --force", "", "timeout --preserve-status -s INT 2");
  EXPECT_EQ(on.status, 130) << on.err;
  const std::string more = place.read("r.ndjson.partial");
  const std::size_t header = records.find('\n');
  EXPECT_GT(more.size(), records.size());
  EXPECT_EQ(more.substr(0, 2 * header), records.substr(0, 2 * header));
}

TEST(FileSafety, no_guessed_name_leads_a_run_astray) {
  const Inputs place;
  place.write("victim", "mine");
  std::filesystem::create_symlink("victim", place.file("x.json.partial"));
  std::filesystem::create_symlink("victim", place.file("x.ndjson.partial"));
  place.write("x.csv.partial", "mine");
  EXPECT_EQ(place.run("sweep c.json -o x.json").status, 3);
  EXPECT_EQ(place.run("sweep c.json -o x.csv").status, 2);
  EXPECT_EQ(place.run("sweep c.json -o x.ndjson").status, 3);
  EXPECT_EQ(place.read("victim") + place.read("x.csv.partial"), "minemine");
  EXPECT_TRUE(std::filesystem::is_symlink(place.file("x.json.partial")));
  EXPECT_EQ(place.run("sweep c.json -o " + std::string(250, 'x') + ".json").status, 0);
}

TEST(FileSafety, temporary_files_go_when_a_signal_ends_a_command) {
  const Workplace place;
  for (const char* signal : {"INT", "TERM", "HUP", "QUIT"}) {
    const ProgramResult result =
        run_command(std::string("ulimit -c 0; mkdir -p d; sleep 1 | timeout --preserve-status -s ") + signal +
                        " 0.5 tristab report - -o d/p.html",
                    place.file("."));
    EXPECT_GT(result.status, 128) << signal;
    EXPECT_TRUE(std::filesystem::is_empty(place.file("d"))) << signal;
  }
}

TEST(FileSafety, a_script_of_gnuplot_is_never_beside_data_of_another_result) {
  const Inputs place;
  ASSERT_EQ(place.run("export r.json --gnuplot g").status, 0);
  const std::string data = place.read("g/errors.dat");
  ASSERT_EQ(place.run("sweep c.json --seed 2 -o s.json").status, 0);
  place.write("g/plot.gp", "somebody's script\n");
  const ProgramResult refused = place.run("export s.json --gnuplot g");
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_TRUE(has(refused.err, "plot.gp")) << refused.err;
  EXPECT_EQ(place.read("g/errors.dat"), data);
}

TEST(FileSafety, labels_run_no_command_in_gnuplot) {
  const Inputs place;
  NEEDS_TOOL(is_installed("gnuplot"), "gnuplot");
  std::string text = place.read("r.json");
  for (const char* label : {"\"family_label\": \"uniform", "\"method_label\": \"mbh", "\"arithmetic_label\": \"fp16"}) {
    const std::string with = std::string(label) + " `touch PWNED` it's \\\" $(touch PWNED) @x\\n";
    for (std::size_t at = text.find(label); at != std::string::npos; at = text.find(label, at + with.size()))
      text.replace(at, std::string(label).size(), with);
  }
  place.write("evil.json", text);
  EXPECT_EQ(place.run("export evil.json --gnuplot .").status, 0);
  const ProgramResult drawn = run_command("gnuplot plot.gp && gnuplot -e \"terminal='dumb'\" plot.gp", place.file("."));
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_FALSE(std::filesystem::exists(place.file("PWNED")));
  EXPECT_TRUE(has(place.read("error-by-method.svg"), "`touch PWNED`"));
}

TEST(FileSafety, a_result_is_read_from_a_pipe_by_its_name) {
  const Inputs place;
  for (const char* name : {"r.json", "r.ndjson"}) {
    const ProgramResult file = place.run(std::string("compare ") + name);
    const ProgramResult pipe = run_command(std::string("tristab compare <(cat ") + name + ")", place.file("."));
    EXPECT_EQ(pipe.status, 0) << pipe.err;
    EXPECT_EQ(pipe.out, file.out);
    const ProgramResult report =
        run_command(std::string("cat ") + name + " | tristab report /dev/stdin -o p.html", place.file("."));
    EXPECT_EQ(report.status, 0) << report.err;
    EXPECT_TRUE(has(place.read("p.html"), "\"records\": 1")) << place.read("p.html").substr(0, 2000);
  }
  EXPECT_EQ(run_command("tristab export <(cat r.json) --csv a.csv --ndjson a.ndjson", place.file(".")).status, 2);
}

TEST(FileSafety, tables_do_not_enter_a_result_on_standard_output) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [16], "trials": 1, "families": ["uniform"], "methods": ["mbh"],
    "arithmetics": ["fp16"], "expect": [{"method": "mbh", "statistic": "unfit", "equals": 0}]})");
  for (const char* output : {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}) {
    const ProgramResult result = place.run(std::string("sweep c.json --format json -o ") + output);
    EXPECT_EQ(result.status, 0) << output;
    EXPECT_TRUE(Json::accept(result.out)) << output << result.out.substr(0, 200);
    EXPECT_TRUE(has(result.err, "mbh")) << output;
  }
}

TEST(FileSafety, deep_json_and_absurd_ranges_are_refused) {
  const Inputs place;
  const std::string deep = std::string(60000, '[') + std::string(60000, ']');
  std::string result = place.read("r.json"), line = place.read("r.ndjson");
  place.write("d.json", R"({"seed":)" + deep + "}");
  place.write("k.json", R"({"kernel":)" + deep + "}");
  place.write("dr.json", result.replace(result.find("\"config\": {"), 11, "\"config\": {\"x\": " + deep + ", "));
  place.write("dr.ndjson", line.replace(line.find("\"config\": {"), 11, "\"config\": {\"x\": " + deep + ", "));
  const std::pair<const char*, int> commands[] = {{"sweep d.json", 2},
                                                  {"sweep c.json -o x.json --kernels k.json", 2},
                                                  {"compare dr.json", 3},
                                                  {"report dr.json -o x.html", 3},
                                                  {"export dr.json --csv x.csv", 3},
                                                  {"compare dr.ndjson", 3}};
  for (const auto& [command, status] : commands) {
    const ProgramResult refused = place.run(command);
    EXPECT_EQ(refused.status, status) << command << refused.err.substr(0, 300);
    EXPECT_TRUE(has(refused.err, "nested deeper than 100 levels")) << command << refused.err.substr(0, 300);
  }
  const std::string word = std::string(60000, '[');
  for (const std::string& command :
       {"compare --chunk '" + word + "'", "sweep c.json --seed '" + word + "'",
        std::string("compare --chunk=9223372036854775800:9223372036854775807:5"),
        std::string("compare --chunk=-9223372036854775808:9223372036854775807:1"),
        std::string("sweep c.json --methods mxr:block=-5000000000000000000:5000000000000000000:1")}) {
    const ProgramResult refused = place.run(command, "", "timeout 20");
    EXPECT_EQ(refused.status, 2) << command.substr(0, 80);
    EXPECT_LT(refused.err.size(), 8000u) << command.substr(0, 80);
  }
}

TEST(FileSafety, no_control_character_reaches_a_terminal) {
  const Inputs place;
  std::string text = place.read("r.json");
  for (const char* label : {"\"family_label\": \"uniform", "\"method_label\": \"mbh", "\"arithmetic_label\": \"fp16"}) {
    const std::string with = std::string(label) + "\\u001b]0;title\\u0007\\n\\u009b31m|";
    for (std::size_t at = text.find(label); at != std::string::npos; at = text.find(label, at + with.size()))
      text.replace(at, std::string(label).size(), with);
  }
  place.write("evil.json", text);
  std::string all;
  for (const char* command :
       {"compare evil.json", "compare evil.json --overall", "compare evil.json --metrics frobenius",
        "compare evil.json --metrics frobenius --format markdown", "compare evil.json --methods x",
        "compare $'\\e]0;x\\a.json'", "sweep c.json --families $'\\eones'"}) {
    const ProgramResult result = run_command(std::string("tristab ") + command, place.file("."));
    const std::string shown = result.out + result.err;
    EXPECT_TRUE(shown.find_first_of("\033\007") == std::string::npos && !has(shown, "\u009b")) << command << shown;
    if (has(command, "markdown")) all = result.out;
  }
  // A row of the table is a line with as many bars as its header.
  const std::size_t last = all.rfind('\n', all.size() - 2);
  EXPECT_TRUE(has(all.substr(last), "| mbh")) << all;
}

// The tables of a sweep on a closed pipe end the process (SIGPIPE): result and page are written before.
TEST(FileSafety, a_closed_pipe_costs_neither_result_nor_page) {
  const Inputs place;
  Json expecting = Json::parse(config);
  expecting["expect"] = {{{"metric", "total_frobenius"}, {"statistic", "max"}, {"at_most", 1}}};
  place.write("e.json", expecting.dump());
  run_command("tristab sweep e.json -o x.json --html x.html | true", place.file(""));
  EXPECT_TRUE(std::filesystem::exists(place.file("x.json")));
  EXPECT_TRUE(std::filesystem::exists(place.file("x.html")));
}

TEST(FileSafety, a_standard_error_that_is_full_or_closed_is_no_failure) {
  const Inputs place;
  Json expecting = Json::parse(config);
  expecting["expect"] = {{{"metric", "total_frobenius"}, {"statistic", "max"}, {"at_most", 1}}};
  place.write("e.json", expecting.dump());
  for (const char* where : {"2>/dev/full", "2>&-"}) {
    for (const char* command : {"sweep e.json -o - --format json", "sweep e.json -o x.json", "report r.json -o x.html",
                                "generate uniform --chunk 16 --force -o x.npy",
                                "invert A.npy --method mbh --arithmetic fp16 --force -o y.npy"}) {
      const ProgramResult result = run_command(std::string("tristab ") + command + " >out " + where, place.file(""));
      EXPECT_EQ(result.status, 0) << command << " " << where;
    }
  }
}

TEST(FileSafety, no_command_is_suggested_for_a_device) {
  const Inputs place;
  const ProgramResult result = place.run("sweep c.json -o /dev/null --format json");
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(has(result.err, "/dev/null\n")) << result.err;
  EXPECT_FALSE(has(result.err, "next:")) << result.err;
}

}  // namespace tristab::file_safety_test
