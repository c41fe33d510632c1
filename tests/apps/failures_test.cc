// The failures that kernels had in the field, as configs/sweeps/failures.json states them with their expected outcomes,
// and the 16 x 16 Neumann table.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "run_program.h"
#include "support/shared_data.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"
#include "tristab/matrix/source.h"

namespace tristab::failures_test {

const char* const kFailures = TRISTAB_SOURCE_DIR "/configs/sweeps/failures.json";

// A sweep of the repository, run by the program.
struct SweepRun {
  ProgramResult result;
  Json document;
};

SweepRun run_of(const std::string& name) {
  const Workplace place;
  SweepRun run;
  run.result = place.run(fmt::format("sweep {}/configs/sweeps/{}.json -o r.json", TRISTAB_SOURCE_DIR, name));
  if (run.result.status <= 1) run.document = Json::parse(place.read("r.json"));
  return run;
}

void expect_all_met(const SweepRun& run) {
  EXPECT_EQ(run.result.status, 0) << run.result.out << run.result.err;
  EXPECT_EQ(run.result.out.find("NOT MET"), std::string::npos) << run.result.out;
  std::set<std::string> scenarios, judged;
  for (const Json& scenario : run.document["config"]["scenarios"]) scenarios.insert(scenario["name"]);
  for (const Json& outcome : run.document["expectations"]) {
    EXPECT_TRUE(outcome["met"]) << outcome.dump();
    judged.insert(outcome["scenario"].get<std::string>());
  }
  EXPECT_EQ(scenarios, judged);
}

// The values of a field over the trials of one kernel on one kind of keys; null counts as infinite.
std::vector<double> values_of(const Json& records, const std::string& scenario, const std::string& kernel,
                              const std::string& keys, const char* field) {
  std::vector<double> values;
  for (const Json& record : records) {
    if (record["scenario"] != scenario || record["kernel"] != kernel) continue;
    if (record["family_params"].value("keys", "") != keys) continue;
    values.push_back(record[field].is_null() ? std::numeric_limits<double>::infinity() : record[field].get<double>());
  }
  std::sort(values.begin(), values.end());
  return values;
}

void expect_stories_seeds_and_draws(const Json& document) {
  for (const Json& scenario : document["config"]["scenarios"]) {
    EXPECT_TRUE(scenario.contains("what") && scenario.contains("source")) << scenario["name"];
  }
  std::ifstream file(kFailures);
  const Json given = Json::parse(file);
  for (const Json& scenario : given["scenarios"]) EXPECT_TRUE(scenario.contains("seed")) << scenario["name"];
  std::map<std::string, std::set<std::string>> matrices;
  for (const Json& matrix : document["matrices"]) matrices[matrix["scenario"]].insert(matrix["id"].get<std::string>());
  for (const auto& [scenario, ids] : matrices) {
    if (scenario.starts_with("all-ones")) continue;   // deterministic: one matrix a size
    if (scenario == "aiter-trained-layer") continue;  // a slice of a file
    EXPECT_GE(ids.size(), 16u) << scenario;
  }
}

// Without the program's own statistics.
void expect_the_same_of_the_records(const Json& document) {
  const Json& records = document["records"];
  const std::vector<double> repeated =
      values_of(records, "aiter-repeated-keys", "aiter-v1", "identical", "strict_lower");
  const std::vector<double> mended = values_of(records, "aiter-repeated-keys", "aiter-v2", "identical", "strict_lower");
  const std::vector<double> control =
      values_of(records, "aiter-repeated-keys", "aiter-v1", "independent", "strict_lower");
  ASSERT_EQ(repeated.size(), 32u);
  ASSERT_EQ(mended.size(), 32u);
  ASSERT_EQ(control.size(), 32u);
  EXPECT_GT(repeated.front(), 1);
  EXPECT_LT(mended.back(), 0.05);
  EXPECT_LT(control.back(), 0.05);

  const std::vector<double> wrong = values_of(records, "flashkda-repeated-key", "flashkda-v1", "identical", "max_abs");
  ASSERT_EQ(wrong.size(), 32u);
  const double median = (wrong[15] + wrong[16]) / 2;
  for (const Json& outcome : document["expectations"]) {
    if (outcome["kernel"] == "flashkda-v1" && outcome["family_params"].value("keys", "") == "identical" &&
        outcome["statistic"] == "median") {
      EXPECT_EQ(outcome["found"], median);
    }
  }
}

// One test, for the sweep takes seconds and every test is a process of its own.
TEST(Failures, every_scenario_shows_what_was_reported_from_the_field) {
  const SweepRun run = run_of("failures");
  ASSERT_FALSE(run.document.is_null()) << run.result.err;
  expect_all_met(run);
  expect_stories_seeds_and_draws(run.document);
  expect_the_same_of_the_records(run.document);
  EXPECT_NE(run.result.out.find("That is the true answer, not a failure"), std::string::npos) << run.result.out;
  EXPECT_NE(run.result.out.find("median matrix.inverse_max_abs"), std::string::npos) << run.result.out;
}

TEST(Failures, the_16_by_16_neumann_table_is_met_in_the_median) {
  const SweepRun run = run_of("neumann-16");
  expect_all_met(run);
  EXPECT_EQ(run.document["expectations"].size(), 20u);  // five rows of a power and three errors
  for (const Json& outcome : run.document["expectations"]) EXPECT_EQ(outcome["trials"], 50);
}

TEST(Failures, the_repositorys_trained_layer_is_that_of_the_whole_file) {
  const std::filesystem::path data = shared_data("models/deltanet.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with models/deltanet.safetensors";
  const auto open = [](const std::filesystem::path& path) {
    const Json family{{"family", "file"}, {"path", path.string()}, {"layer", "layer6"}};
    return open_source(expand_family(family, "test").front(), 1, 1, "", "test");
  };
  const auto committed = open(TRISTAB_TEST_DATA "/deltanet-layer6.safetensors");
  const auto whole = open(data / "models/deltanet.safetensors");
  ASSERT_EQ(committed->count(128), 16);
  ASSERT_EQ(whole->count(128), 16);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(committed->problem(128, i).a, whole->problem(128, i).a);
}

}  // namespace tristab::failures_test
