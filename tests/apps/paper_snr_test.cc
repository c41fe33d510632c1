// The rows of the SNR table of arXiv 2606.06034 on trained layers and key models, from its sweep: the exact series in
// fp64, the exact series in fp16, N = 3 alone, with S = 8, with the mask. Only what must hold is required; what comes
// out otherwise is in results/example-paper-2606-06034.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::paper_snr_test {

constexpr double kExact = std::numeric_limits<double>::infinity();

// The SNR of a record: infinite for an exact result, NaN without a finite one.
double snr_of(const Json& record) {
  if (record["status"] != "ok") return std::nan("");
  return record["snr_db"].is_null() ? kExact : record["snr_db"].get<double>();
}

std::string label(const Json& record, const char* field) { return record[field].get<std::string>(); }

// SNR by matrix, then "method / arithmetic", of every case of the sweep at n = 64.
class PaperSnr : public ::testing::Test {
 protected:
  // Once, but not in SetUpTestSuite: where that fails, the tests are skipped and do not fail.
  void SetUp() override {
    if (document != nullptr) return;
    const Workplace place;
    const ProgramResult run =
        place.run("sweep " TRISTAB_SOURCE_DIR
                  "/configs/sweeps/paper-2606-06034.json --chunks 64 --arithmetics fp64,fp16,int16,int8 --methods "
                  "neumann:evaluation=horner/powers/product,residual-neumann:mask=false:terms=1,"
                  "residual-neumann:mask=true/false:terms=8 -o r.json");
    ASSERT_EQ(run.status, 0) << run.err;
    document = new Json(Json::parse(place.read("r.json")));
    for (const Json& matrix : (*document)["matrices"])
      inverse_max[label(matrix, "id")] = matrix["inverse_max_abs"].get<double>();
    table = place.run("compare r.json --metrics snr_db --format markdown").out;
    for (const Json& record : (*document)["records"]) {
      snr[label(record, "matrix")][label(record, "method_label") + " / " + label(record, "arithmetic_label")] =
          snr_of(record);
    }
  }
  static void TearDownTestSuite() {
    delete document;
    document = nullptr;
    snr.clear();
    inverse_max.clear();
  }

  static inline const Json* document = nullptr;
  static inline std::string table;
  static inline std::map<std::string, std::map<std::string, double>> snr;
  static inline std::map<std::string, double> inverse_max;  // largest entry of the inverse, by matrix
};

TEST_F(PaperSnr, covers_every_trained_layer_and_every_key_model) {
  std::map<std::string, int> layers, keys;
  for (const Json& record : (*document)["records"]) {
    const Json& params = record["family_params"];
    if (record["family"] == "file") {
      ++layers[label(params, "path") + " " + label(params, "layer")];
    } else {
      ++keys[label(params, "keys")];
    }
  }
  EXPECT_EQ(layers.size(), 8u);  // four models, two layers each
  const Workplace place;
  const std::string listing = place.run("list families gdn").out;
  const std::size_t begin = listing.find("keys (") + 6;
  std::istringstream words(listing.substr(begin, listing.find(';', begin) - begin));  // broken into lines
  std::string choices;
  for (std::string word; words >> word;) choices += choices.empty() ? word : " " + word;
  for (std::size_t bar = 0; (bar = choices.find(" | ")) != std::string::npos;) {
    EXPECT_TRUE(keys.contains(choices.substr(0, bar))) << choices.substr(0, bar);
    choices.erase(0, bar + 3);
  }
  EXPECT_TRUE(keys.contains(choices)) << choices;
}

TEST_F(PaperSnr, the_exact_series_in_fp64_is_above_all_others) {
  int compared = 0;
  for (const auto& [matrix, row] : snr) {
    const double truth = row.at("neumann / fp64");
    for (const auto& [setting, value] : row) {
      if (setting.ends_with("fp64") || std::isnan(value)) continue;
      // A that rounds to a few entries, or none, may be inverted exactly; then there is nothing to compare.
      if (value == kExact) continue;
      ++compared;
      EXPECT_GT(truth, value) << matrix << " " << setting;
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST_F(PaperSnr, where_unmasked_powers_overflow_the_masked_series_is_finite) {
  int overflowed = 0;
  for (const auto& [matrix, row] : snr) {
    if (!std::isnan(row.at("residual-neumann:mask=false / fp16"))) continue;
    // An inverse that fp16 cannot hold (unnormalised keys) overflows whatever the powers do.
    if (inverse_max.at(matrix) > 65504) continue;
    ++overflowed;
    EXPECT_FALSE(std::isnan(row.at("residual-neumann / fp16"))) << matrix;
  }
  EXPECT_GT(overflowed, 0);
}

TEST_F(PaperSnr, the_summary_holds_the_mean_the_worst_and_the_counts) {
  struct Trials {
    std::vector<double> finite;
    int nonfinite = 0;
    bool exact = false;
  };
  std::map<std::string, Trials> groups;
  const auto key = [](const Json& object) {
    return label(object, "family_label") + label(object, "method_label") + label(object, "arithmetic_label");
  };
  for (const Json& record : (*document)["records"]) {
    Trials& trials = groups[key(record)];
    const double value = snr_of(record);
    trials.nonfinite += std::isnan(value);
    trials.exact = trials.exact || value == kExact;
    if (std::isfinite(value) && record["fit"] != "trivial") trials.finite.push_back(value);
  }
  ASSERT_EQ((*document)["summary"].size(), groups.size());
  int means = 0;
  for (const Json& row : (*document)["summary"]) {
    const Trials& trials = groups[key(row)];
    EXPECT_EQ(row["nonfinite_trials"], trials.nonfinite);
    if (trials.finite.empty()) {
      EXPECT_TRUE(row["snr_db_mean"].is_null());
      EXPECT_TRUE(row["undefined"].contains("snr_db_mean"));
      continue;
    }
    double sum = 0;
    for (const double value : trials.finite) sum += value;
    EXPECT_NEAR(row["snr_db_mean"].get<double>(), sum / static_cast<double>(trials.finite.size()), 1e-9);
    if (trials.nonfinite > 0) {
      EXPECT_EQ(row["undefined"]["snr_db_min"], "infinite");
    } else {
      EXPECT_EQ(row["snr_db_min"].get<double>(), *std::min_element(trials.finite.begin(), trials.finite.end()));
    }
    ++means;
  }
  EXPECT_GT(means, 100);
}

// No truth but a check that the committed table is not out of date.
TEST_F(PaperSnr, the_committed_table_is_what_the_program_gives_now) {
  std::ifstream file(TRISTAB_SOURCE_DIR "/results/example-paper-2606-06034.md");
  std::set<std::string> committed;
  for (std::string line; std::getline(file, line);) committed.insert(line);
  std::istringstream now(table);
  int rows = 0;
  for (std::string line; std::getline(now, line); ++rows) {
    ASSERT_TRUE(committed.contains(line)) << line << "\nmake it again: results/README.md";
  }
  EXPECT_EQ(rows, 4 + 6 * 4);  // title, empty line, header, rule; six methods in four arithmetics
}

}  // namespace tristab::paper_snr_test
