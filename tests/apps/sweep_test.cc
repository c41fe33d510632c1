#include <gtest/gtest.h>

#include <filesystem>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::sweep_test {

constexpr const char* config =
    R"({"name": "small", "chunks": [16, 32], "trials": 2, "families": ["ones", "uniform"],
  "methods": ["mbh", "mch"], "arithmetics": ["fp16", "int8"]})";
constexpr int cases = (2 * 1 + 2 * 2) * 2 * 2;

std::string after_run(const std::string& json) { return json.substr(json.find("\n\"config\"")); }

TEST(Sweep, writes_results_under_the_name_of_the_configuration) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult result = place.run("sweep c.json");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("24 cases"), std::string::npos) << result.err;
  EXPECT_EQ(place.files(), (std::vector<std::string>{"c.json", "results/small.json"}));
  const Json document = Json::parse(place.read("results/small.json"));
  EXPECT_EQ(document["records"].size(), static_cast<std::size_t>(cases));
  EXPECT_EQ(document["run"]["complete"], true);
  EXPECT_EQ(document["run"]["cases"], cases);
  EXPECT_EQ(document["run"]["command"][1], "sweep");
}

TEST(Sweep, one_and_two_threads_write_the_same_bytes) {
  const Workplace place;
  place.write("c.json", config);
  EXPECT_EQ(place.run("sweep c.json --jobs 1 -o one.json").status, 0);
  EXPECT_EQ(place.run("sweep c.json --jobs 2 -o two.json").status, 0);
  EXPECT_EQ(after_run(place.read("one.json")), after_run(place.read("two.json")));
  EXPECT_EQ(place.run("sweep c.json --jobs 1 -o one.csv").status, 0);
  EXPECT_EQ(place.run("sweep c.json --jobs 2 -o two.csv").status, 0);
  EXPECT_EQ(place.read("one.csv"), place.read("two.csv"));
}

TEST(Sweep, the_next_command_that_it_names_runs) {
  const Workplace place;
  place.write("c.json", config);
  for (const char* output : {"r.json", "r.ndjson", "j.csv --format json"}) {
    const std::string err = place.run(std::string("sweep c.json -o ") + output).err;
    const std::size_t next = err.find("next: tristab ");
    ASSERT_NE(next, std::string::npos) << err;
    const std::size_t command = next + std::string("next: tristab ").size();
    EXPECT_EQ(place.run(err.substr(command, err.find(',', command) - command)).status, 0) << err;
  }
  for (const char* output : {"r.csv", "t.json --format csv"}) {
    const std::string err = place.run(std::string("sweep c.json -o ") + output).err;
    EXPECT_EQ(err.find("next: "), std::string::npos) << err;
  }
  EXPECT_EQ(place.run("compare t.json").status, 3);
}

TEST(Sweep, standard_output_takes_the_result) {
  const Workplace place;
  place.write("c.json", config);
  EXPECT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const ProgramResult result = place.run("sweep c.json -o -");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(after_run(result.out), after_run(place.read("r.json")));
}

TEST(Sweep, a_dry_run_counts_and_writes_nothing) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult result = place.run("sweep c.json --dry-run");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("24 cases: 6 matrices x 2 methods x 2 arithmetics"), std::string::npos) << result.out;
  EXPECT_EQ(place.files(), std::vector<std::string>{"c.json"});
}

TEST(Sweep, a_dry_run_of_kernels_alone_counts_no_methods) {
  const Workplace place;
  place.write("k.json", R"({"name": "k", "chunks": 64, "families": ["ones"], "kernels": ["aiter-v1", "aiter-v2"]})");
  const ProgramResult result = place.run("sweep k.json --dry-run");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("2 cases: 1 matrices x 2 kernels at the sizes that they take\n"), std::string::npos)
      << result.out;
}

TEST(Sweep, a_result_is_complete_although_nobody_hears_of_it) {
  const Workplace place;
  place.write("c.json", config);
  EXPECT_EQ(place.run("sweep c.json -o r.json", "", "sh -c 'exec \"$@\" 2> /dev/full' sh").status, 0);
  EXPECT_EQ(place.run("compare r.json").status, 0);
}

TEST(Sweep, options_replace_what_the_configuration_says) {
  const Workplace place;
  place.write("c.json", config);
  const ProgramResult result = place.run(
      "sweep c.json --chunks 16:64:*2 --methods mxr:block=8/16 --arithmetics fp32 --families "
      "uniform:scale=0.1 --trials 3 "
      "--seed 5 -o r.json");
  EXPECT_EQ(result.status, 0) << result.err;
  const Json written = Json::parse(place.read("r.json"))["config"];
  EXPECT_EQ(written["chunks"], (Json{16, 32, 64}));
  EXPECT_EQ(written["trials"], 3);
  EXPECT_EQ(written["seed"], 5);
  EXPECT_EQ(written["methods"].size(), 2u);
  EXPECT_EQ(written["families"], (Json::array({Json{{"family", "uniform"}, {"scale", 0.1}}})));
}

TEST(Sweep, a_configuration_on_standard_input) {
  const Workplace place;
  place.write("a.npy", npy_bytes("<f8", "(16, 16)", ones_bytes(16)));
  std::filesystem::create_directory(place.file("configs"));
  place.write("configs/c.json", R"({"chunks": [16], "families": [{"family": "file", "path": "a.npy"}],
                                    "methods": ["mbh"], "arithmetics": ["fp16"]})");
  place.write("configs/named.json", config);
  const ProgramResult result = place.run("sweep -", "configs/c.json");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Json::parse(place.read("results/sweep.json"))["config"]["name"], "sweep");
  EXPECT_EQ(place.run("sweep -", "configs/named.json").status, 0);
  EXPECT_EQ(Json::parse(place.read("results/small.json"))["records"].size(), static_cast<std::size_t>(cases));
  place.write("bad.json", "{");
  const ProgramResult bad = place.run("sweep -", "bad.json");
  EXPECT_EQ(bad.status, 2);
  EXPECT_NE(bad.err.find("standard input: parse error"), std::string::npos) << bad.err;
}

TEST(Sweep, interrupted_it_exits_with_128_and_the_signal) {
  const Workplace place;
  place.write("c.json", R"({"chunks": [256], "trials": 100000, "families": ["uniform"],
                            "methods": ["matrix-column-sweep"], "arithmetics": ["fp16"]})");
  for (const auto& [signal, status] : {std::pair{"INT", 130}, std::pair{"TERM", 143}}) {
    const std::string launcher = std::string("timeout --preserve-status -s ") + signal + " 1";
    const ProgramResult result = place.run("sweep c.json -o r.json", "", launcher);
    EXPECT_EQ(result.status, status) << signal;
    EXPECT_NE(result.err.find("tristab: stopped; no complete result was written"), std::string::npos) << result.err;
    EXPECT_FALSE(std::filesystem::exists(place.file("r.json")));
  }
}

TEST(Sweep, the_configurations_of_the_repository_are_valid) {
  const Workplace place;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TRISTAB_SOURCE_DIR "/configs/sweeps")) {
    const ProgramResult result = place.run("sweep " + entry.path().string() + " --dry-run");
    EXPECT_EQ(result.status, 0) << entry.path() << ": " << result.err;
    ++count;
  }
  EXPECT_GE(count, 10);
}

}  // namespace tristab::sweep_test
