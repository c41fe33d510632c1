// Sweeps of scenarios from the shell: one result file, expectations judged at the end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::scenarios_test {

// The same matrices in two scenarios; `bound` is what doubling must keep on all ones.
std::string config(const char* bound) {
  return fmt::format(
      R"({{"name": "two", "seed": 3, "trials": 2, "chunks": 32, "scenarios": [
    {{"name": "ones", "what": "all ones", "source": "a paper", "families": ["ones", "uniform"],
     "methods": ["mch", "mbh"], "arithmetics": ["fp16"],
     "expect": [{{"method": "mch", "family": "ones", "metric": "strict_lower", "statistic": "max", {},
                 "why": "the reason"}},
                {{"method": "mbh", "family": "ones", "metric": "frobenius", "statistic": "max", "equals": 0}}]}},
    {{"name": "twos", "trials": 3, "families": ["uniform"], "methods": ["mch"], "arithmetics": ["fp16"]}}]}})",
      bound);
}

std::string after_run(const std::string& json) { return json.substr(json.find("\n\"config\"")); }

TEST(Scenarios, expectations_met_exit_with_0_and_are_written_and_printed) {
  const Workplace place;
  place.write("c.json", config("\"at_least\": 1000"));  // not finite: counts as infinite
  const ProgramResult run = place.run("sweep c.json -o r.json");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_NE(run.out.find("2 of 2 expectations met"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("infinite"), std::string::npos) << run.out;
  const Json document = Json::parse(place.read("r.json"));
  ASSERT_EQ(document["expectations"].size(), 2u);
  const Json& outcome = document["expectations"][0];
  EXPECT_EQ(outcome["met"], true);
  EXPECT_EQ(outcome["found"], nullptr);
  EXPECT_EQ(outcome["without_value"], 1);
  EXPECT_EQ(outcome["undefined"]["found"], "infinite");
  EXPECT_EQ(document["expectations"][1]["found"], 0);
}

TEST(Scenarios, a_planted_wrong_expectation_exits_with_1_after_the_result) {
  const Workplace place;
  place.write("c.json", config("\"at_most\": 0.1"));
  const ProgramResult run = place.run("sweep c.json -o r.json");
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_NE(run.out.find("NOT MET"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("expected because: the reason"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("1 of 1 trials have no strict_lower and count as infinitely bad"), std::string::npos)
      << run.out;
  EXPECT_NE(run.out.find("1 of 2 expectations met"), std::string::npos) << run.out;
  EXPECT_EQ(Json::parse(place.read("r.json"))["run"]["complete"], true);
}

TEST(Scenarios, with_results_on_stdout_the_table_goes_to_stderr) {
  const Workplace place;
  place.write("c.json", config("\"at_most\": 0.1"));
  const ProgramResult run = place.run("sweep c.json -o -");
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(Json::parse(run.out)["schema"], "tristab-results/1");
  EXPECT_NE(run.err.find("NOT MET"), std::string::npos) << run.err;
}

TEST(Scenarios, one_and_two_threads_write_the_same_bytes) {
  const Workplace place;
  place.write("c.json", config("\"at_least\": 1000"));
  for (const char* format : {"json", "csv"}) {
    for (const char* jobs : {"1", "2"}) {
      EXPECT_EQ(place.run(fmt::format("sweep c.json -o r{0}.{1} --jobs {0}", jobs, format)).status, 0);
    }
  }
  EXPECT_EQ(after_run(place.read("r1.json")), after_run(place.read("r2.json")));
  EXPECT_EQ(place.read("r1.csv"), place.read("r2.csv"));
}

TEST(Scenarios, all_parts_name_their_scenario_and_ids_stay_unique) {
  const Workplace place;
  place.write("c.json", config("\"at_least\": 1000"));
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const Json document = Json::parse(place.read("r.json"));
  std::set<std::string> matrices, cases;
  int twos = 0;
  for (const Json& matrix : document["matrices"]) {
    EXPECT_TRUE(matrices.insert(matrix["id"]).second) << matrix["id"];
    EXPECT_TRUE(matrix["id"].get<std::string>().starts_with(fmt::format("{}/", matrix["scenario"].get<std::string>())));
  }
  for (const Json& record : document["records"]) {
    EXPECT_TRUE(cases.insert(record["case"]).second) << record["case"];
    EXPECT_TRUE(matrices.contains(record["matrix"])) << record["matrix"];
    twos += record["scenario"] == "twos";
  }
  EXPECT_EQ(twos, 3);  // its own trials; the others have those of the whole
  EXPECT_EQ(cases.size(), 2u * (1 + 2) + 3);
  ASSERT_EQ(document["summary"].size(), 5u);
  EXPECT_EQ(document["summary"][4]["scenario"], "twos");
  EXPECT_EQ(document["summary"][4]["trials"], 3);
  ASSERT_EQ(document["classes"].size(), 3u);
  EXPECT_EQ(document["classes"][2]["scenario"], "twos");
  EXPECT_EQ(document["config"]["scenarios"][1]["seed"], 3);  // inherited
}

// Draws belong to the matrix and not to the scenario that it stands in.
TEST(Scenarios, a_case_gives_the_same_numbers_as_in_a_plain_sweep) {
  const Workplace place;
  place.write("plain.json",
              R"({"seed": 3, "trials": 2, "chunks": 32, "families": ["uniform"], "methods": ["mch"],
    "arithmetics": [{"arithmetic": "fp16", "rounding": "stochastic"}]})");
  place.write("scenarios.json", R"({"seed": 3, "trials": 2, "chunks": 32, "scenarios": [{"name": "s",
    "families": ["uniform"], "methods": ["mch"], "arithmetics": [{"arithmetic": "fp16", "rounding": "stochastic"}]}]})");
  ASSERT_EQ(place.run("sweep plain.json -o p.json").status, 0);
  ASSERT_EQ(place.run("sweep scenarios.json -o s.json").status, 0);
  const Json plain = Json::parse(place.read("p.json")), scenarios = Json::parse(place.read("s.json"));
  for (std::size_t k = 0; k < 2; ++k) {
    Json expected = plain["records"][k];
    expected["scenario"] = "s";
    for (const char* id : {"case", "matrix"}) expected[id] = fmt::format("s/{}", expected[id].get<std::string>());
    EXPECT_EQ(scenarios["records"][k], expected);
  }
}

TEST(Scenarios, a_dry_run_lists_them) {
  const Workplace place;
  place.write("c.json", config("\"at_least\": 1000"));
  const ProgramResult run = place.run("sweep c.json --dry-run");
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.out.find("twos"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("9 cases: 6 matrices of 2 scenarios; 2 expectations"), std::string::npos) << run.out;
}

TEST(Scenarios, options_replace_trials_and_seeds_of_all_and_nothing_else) {
  const Workplace place;
  place.write("c.json", config("\"at_least\": 1000"));
  ASSERT_EQ(place.run("sweep c.json -o r.json --trials 4 --seed 8").status, 0);
  const Json document = Json::parse(place.read("r.json"));
  EXPECT_EQ(document["records"].size(), 2u * (1 + 4) + 4);
  EXPECT_EQ(document["config"]["scenarios"][1]["seed"], 8);
  for (const char* option : {"--methods mbh", "--kernels tcu-exact", "--chunks 16", "--families ones"}) {
    const ProgramResult run = place.run(fmt::format("sweep c.json -o x.json {}", option));
    EXPECT_EQ(run.status, 2) << option;
    EXPECT_NE(run.err.find("allowed: --seed, --trials, --trial with scenarios"), std::string::npos) << run.err;
  }
}

TEST(Scenarios, an_expectation_that_selects_nothing_is_refused_before_it) {
  const Workplace place;
  place.write("c.json", R"({"chunks": 32, "families": ["ones"], "methods": ["mch"], "arithmetics": ["fp16"],
    "expect": [{"method": "mbh", "statistic": "unfit", "equals": 0}]})");
  const ProgramResult run = place.run("sweep c.json -o r.json");
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("c.json: expect[0].method: no method of the sweep is called 'mbh'; did you mean 'mch'?"),
            std::string::npos)
      << run.err;
  EXPECT_EQ(place.files(), std::vector<std::string>{"c.json"});
}

TEST(Scenarios, compare_ranks_each_scenario_apart) {
  const Workplace place;
  place.write("c.json", config("\"at_least\": 1000"));
  ASSERT_EQ(place.run("sweep c.json -o r.json").status, 0);
  const ProgramResult run = place.run("compare r.json --family uniform");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("ones: uniform:scale=0.5\nn = 32, 2 matrices"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("twos: uniform:scale=0.5\nn = 32, 3 matrices"), std::string::npos) << run.out;
}

}  // namespace tristab::scenarios_test
