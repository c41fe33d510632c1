#include "tristab/base/json.h"
#include "tristab/report/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "small_sweep.h"
#include "tristab/report/text_layout.h"

namespace tristab {
namespace {

// Settings to point at: three methods, two arithmetics, two inputs.
class FindingsTest : public testing::Test {
 protected:
  FindingsTest()
      : config_(make_config(Json{{"families", {"uniform", "ones"}},
                                 {"methods", {"mbh", "mch", "row-substitution"}},
                                 {"arithmetics", {"fp16", "bf16"}}},
                            {}, "test", "", "test")) {}

  struct Counts {
    int pass = 0, marginal = 0, fail = 0, nonfinite = 0, failed = 0;
  };

  // A row of method m in arithmetic a on input i; its costs: products in sequence, vector steps in sequence, products.
  void add(std::size_t m, std::size_t a, std::size_t i, int n, const Counts& counts,
           std::array<double, 3> cost = {1, 0, 1}, double worst = 0.125) {
    const Scenario& scenario = config_.scenarios[0];
    SummaryRow row;
    row.scenario = &scenario;
    row.family = &scenario.families[i].spec;
    row.n = n;
    row.method = &scenario.methods[m];
    row.arithmetic = &scenario.arithmetics[a];
    row.pass = counts.pass;
    row.marginal = counts.marginal;
    row.fail = counts.fail;
    row.nonfinite_trials = counts.nonfinite;
    row.failed_trials = counts.failed;
    row.trials = counts.pass + counts.marginal + counts.fail + counts.nonfinite + counts.failed;
    row.depth = cost[0];
    row.vector_depth = cost[1];
    row.matmuls = cost[2];
    row.quantities.resize(summary_quantities().size());
    for (std::size_t k = 0; k < row.quantities.size(); ++k) {
      // Only total_frobenius counts: the others are larger.
      const bool total = summary_quantities()[k].name == "total_frobenius";
      row.quantities[k].worst = total ? worst : 1000;
    }
    report_.records += row.trials;
    report_.summary.push_back(row);
  }

  std::string text(std::size_t width = 0) const {
    return findings_text(report_, layers_, "r.json", Page{width});
  }

  void expect_part(const std::string& part) const {
    EXPECT_NE(text().find(part), std::string::npos) << part << " is not in:\n" << text();
  }
  void expect_no(const std::string& part) const {
    EXPECT_EQ(text().find(part), std::string::npos) << part << " is in:\n" << text();
  }

  SweepConfig config_;
  SweepReport report_;
  LayerFindings layers_;
};

TEST_F(FindingsTest, counts_cases_and_names_what_failed_where) {
  report_.matrices = 32;
  report_.seconds = 1.25;
  report_.threads = 2;
  add(0, 0, 0, 64, {.pass = 31, .marginal = 1});
  add(1, 0, 0, 64, {.pass = 7, .nonfinite = 25});
  EXPECT_EQ(text(),
            "64 cases (32 matrices) in 1.2 s on 2 threads: 38 pass, 1 marginal, 0 fail, 25 non-finite\n"
            "failed    mch fp16: 25 of 32 non-finite on uniform n=64\n"
            "worst     1.2e-01: mbh fp16 on uniform n=64 (total_frobenius)\n"
            "cheapest  none: no setting passed every case; nearest: mbh fp16, 31 of 32 cases\n"
            "rest      r.json; next: tristab compare r.json, or tristab report r.json -o r.html\n");
}

TEST_F(FindingsTest, failures_on_several_inputs_are_added_up_and_the_worst_input_is_named) {
  add(0, 0, 0, 16, {.pass = 10});
  add(1, 0, 0, 16, {.pass = 9, .fail = 1});
  add(0, 0, 1, 32, {.pass = 2});
  add(1, 0, 1, 32, {.nonfinite = 1, .failed = 1});
  add(0, 0, 1, 64, {.pass = 2});
  add(1, 0, 1, 64, {.nonfinite = 3});  // as large a part, of more trials
  expect_part(
      "failed    mch fp16: 4 non-finite, 1 fail, 1 without an answer of 15, most on ones n=64 (3 of 3)\n");
  expect_part(" 1 fail, 4 non-finite, 1 without an\nanswer\n");  // of all settings
  expect_part("cheapest  mbh fp16, 1 step deep (1 product, 0 vector); ");
}

TEST_F(FindingsTest, a_setting_that_always_fails_says_so) {
  add(1, 0, 0, 16, {.nonfinite = 2});
  add(1, 0, 1, 16, {.fail = 1});
  expect_part("mch fp16: all 3 cases on 2 inputs (2 non-finite, 1 fail)\n");
  expect_part("cheapest  none: no setting passed every case\n");
}

TEST_F(FindingsTest, non_finite_answers_come_before_wrong_ones) {
  add(0, 0, 0, 16, {.fail = 10});
  add(1, 0, 0, 16, {.pass = 9, .nonfinite = 1});
  add(2, 0, 0, 16, {.pass = 8, .fail = 2});
  const std::string all = text();
  EXPECT_LT(all.find("mch fp16"), all.find("mbh fp16"));
  EXPECT_LT(all.find("mbh fp16"), all.find("row-substitution fp16"));
}

TEST_F(FindingsTest, nothing_failed) {
  add(0, 0, 0, 16, {.pass = 3, .marginal = 1});
  expect_part("failed    none: no case failed, every answer is finite\n");
  expect_part("cheapest  none: no setting passed every case\n");  // one of them is marginal
}

TEST_F(FindingsTest, the_cheapest_has_the_fewest_dependent_steps_then_products_then_bits) {
  add(0, 0, 0, 16, {.pass = 4}, {8, 0, 8});
  add(0, 1, 0, 16, {.pass = 4}, {3, 4, 9});  // 7 steps
  add(1, 0, 0, 16, {.pass = 4}, {7, 0, 8});  // 7 steps and fewer products
  add(1, 1, 0, 16, {.pass = 3, .fail = 1}, {1, 0, 1});
  add(2, 0, 0, 16, {.pass = 4}, {0, 15, 0});
  expect_part("cheapest  mch fp16, 7 steps deep (7 products, 0 vector); 4 of 5 settings passed all cases\n");
  expect_part("          by arithmetic: mch in fp16; mbh in bf16\n");
}

TEST_F(FindingsTest, equal_costs_the_first_setting) {
  add(2, 1, 0, 16, {.pass = 4}, {7, 0, 8});  // fp16 and bf16 have as many bits
  add(1, 0, 0, 16, {.pass = 4}, {7, 0, 8});
  expect_part("cheapest  row-substitution bf16, ");
}

TEST_F(FindingsTest, fewer_bits_decide_between_equal_steps_and_products) {
  const SweepConfig wide =
      make_config(Json{{"families", {"ones"}}, {"methods", {"mbh"}}, {"arithmetics", {"fp32", "fp16"}}}, {},
                  "test", "", "test");
  config_ = wide;
  add(0, 0, 0, 16, {.pass = 1});
  add(0, 1, 0, 16, {.pass = 1});
  expect_part("cheapest  mbh fp16, ");
  expect_part("by arithmetic: mbh in fp32, fp16\n");
}

TEST_F(FindingsTest, a_setting_of_all_inputs_goes_before_a_cheaper_one_of_some) {
  add(0, 0, 0, 16, {.pass = 1}, {9, 0, 9});
  add(0, 0, 0, 64, {.pass = 1}, {12, 0, 12});
  add(1, 0, 0, 16, {.pass = 1}, {2, 0, 2});  // like a kernel that takes one size
  expect_part(
      "cheapest  mbh fp16, 12 steps deep (12 products, 0 vector); 2 of 2 settings passed all cases\n");
}

TEST_F(FindingsTest, where_none_held_everywhere_one_that_held_where_it_ran) {
  add(0, 0, 0, 16, {.pass = 1});
  add(0, 0, 0, 64, {.fail = 1});
  add(1, 0, 0, 16, {.pass = 1}, {2, 1, 2});
  expect_part(
      "cheapest  mch fp16, 3 steps deep (2 products, 1 vector); 1 of 2 settings passed wherever they ran,\n"
      "          this one on 1 of 2 inputs (n = 16)\n");
}

TEST_F(FindingsTest, the_worst_is_the_first_of_the_largest_and_infinite_errors_are_larger) {
  add(0, 0, 0, 16, {.pass = 1}, {1, 0, 1}, 0.5);
  add(1, 0, 0, 16, {.pass = 1}, {1, 0, 1}, 0.5);
  add(2, 0, 0, 16, {.nonfinite = 1}, {1, 0, 1}, std::nan(""));
  expect_part("worst     5.0e-01: mbh fp16 on uniform n=16 (total_frobenius)\n");
  add(2, 1, 1, 32, {.pass = 1, .nonfinite = 1}, {1, 0, 1}, std::nan(""));
  for (QuantileRow& row : report_.summary.back().quantities) row.undefined_worst = "infinite";
  expect_part(
      "worst     infinite: row-substitution bf16 on ones n=32 (total_frobenius of the finite cases)\n");
}

TEST_F(FindingsTest, without_a_finite_error_there_is_no_worst_case) {
  add(0, 0, 0, 16, {.nonfinite = 1}, {1, 0, 1}, std::nan(""));
  expect_no("worst");
}

TEST_F(FindingsTest, an_empty_sweep_names_its_file_and_claims_nothing) {
  EXPECT_EQ(text(),
            "0 cases (0 matrices) in 0.0 s on 0 threads: 0 pass, 0 marginal, 0 fail, 0 non-finite\n"
            "rest      r.json; next: tristab compare r.json, or tristab report r.json -o r.html\n");
}

TEST_F(FindingsTest, one_is_not_counted_as_several) {
  report_.matrices = report_.threads = 1;
  add(0, 0, 0, 16, {.pass = 1});
  expect_part("1 case (1 matrix) in 0.0 s on 1 thread: 1 pass, ");
}

TEST_F(FindingsTest, the_next_commands_are_those_that_take_the_file) {
  add(0, 0, 0, 16, {.pass = 1});
  const auto rest = [&](const std::string& path) {
    const std::string all = findings_text(report_, layers_, path, Page{});
    return all.substr(all.find("rest"));
  };
  EXPECT_EQ(rest("-"), "rest      on standard output\n");
  EXPECT_EQ(rest("r.csv"), "rest      r.csv (compare and report read .json and .ndjson)\n");
  EXPECT_NE(rest("my 'r'.ndjson").find("tristab compare 'my '\\''r'\\''.ndjson'"), std::string::npos)
      << rest("my 'r'.ndjson");
}

TEST_F(FindingsTest, layers_and_expectations_have_a_line_each) {
  add(0, 0, 0, 16, {.pass = 1});
  LayerResult layer;
  layer.scenario = &config_.scenarios[0];
  layer.family = &layer.scenario->families[0].spec;
  layer.n = 16;
  for (const auto& [status, error] : {std::pair{Status::ok, 0.25}, std::pair{Status::nonfinite, 7.0},
                                      std::pair{Status::failed, 9.0}, std::pair{Status::ok, 0.125}}) {
    LayerRecord record;
    record.setting = {&layer.scenario->methods[0], &layer.scenario->arithmetics[1], nullptr, nullptr};
    record.status = status;
    record.errors.whole.o = error;
    layer.records.push_back(record);
  }
  layers_.add(layer);
  report_.sequences = 1;
  expect_part(
      "layers    4 results of 1 sequence, 1 non-finite, 1 failed (first: mbh bf16 on uniform n=16); largest\n"
      "          error of o 2.5e-01: mbh bf16 on uniform n=16\n");
  ExpectationOutcome met;
  met.met = true;
  ExpectationOutcome missed;
  missed.scenario = layer.scenario;
  missed.family = layer.family;
  missed.n = 16;
  missed.setting = layer.records[0].setting;
  report_.expectations = {met, missed};
  expect_part("expected  1 of 2 met; first not met: mbh bf16 on uniform n=16\n");
}

// Ten lines are full: the input that failed is worth more than the name of a second command.
TEST_F(FindingsTest, a_second_command_is_left_out_before_a_failure_is_cut) {
  config_ = make_config(
      Json{{"families",
            {Json{{"family", "gdn"}, {"keys", "collinear"}, {"gate", "none"}, {"negative", true}}}},
           {"methods", {"mch", "mbh"}},
           {"arithmetics", {"fp16"}}},
      {}, "test", "", "test");
  report_.matrices = 24;
  add(0, 0, 0, 16, {.pass = 2, .fail = 1});
  add(0, 0, 0, 64, {.pass = 1, .fail = 1, .nonfinite = 1});
  add(1, 0, 0, 16, {.pass = 2, .fail = 1});
  add(1, 0, 0, 64, {.pass = 1, .fail = 2});
  ExpectationOutcome met;
  met.met = true;
  report_.expectations = {met};
  const auto at = [&](std::size_t width) {
    return findings_text(report_, layers_, "results/neg.json", Page{.width = width});
  };
  EXPECT_NE(at(80).find("rest      results/neg.json; next: tristab compare results/neg.json\n"),
            std::string::npos)
      << at(80);
  EXPECT_EQ(at(80).find("..."), std::string::npos) << at(80);
  EXPECT_NE(at(100).find(", or tristab report"), std::string::npos) << at(100);
}

// Long labels, many failures, everything there is to say, at every width.
TEST_F(FindingsTest, ten_lines_at_most_none_longer_than_the_terminal) {
  Json methods = Json::array(), families = Json::array();
  for (const int block : {8, 16, 32})
    methods.push_back(
        Json{{"method", "refine"}, {"base", Json{{"method", "mxr"}, {"block", block}}}, {"steps", 2}});
  for (const char* gate : {"none", "fla-init", "qwen3-next"})
    families.push_back(Json{
        {"family", "gdn"}, {"keys", "collinear"}, {"gate", gate}, {"negative", true}, {"head_dim", 256}});
  config_ = make_config(
      Json{{"families", families},
           {"methods", methods},
           {"arithmetics",
            {"fp16", Json{{"arithmetic", "int8"}, {"scale", "row"}, {"scale_rule", "power-of-two"}}}}},
      {}, "test", "", "test");
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t a = 0; a < 2; ++a) {
        const bool held = m == 2 && a == 0;
        add(m, a, i, 64,
            {.pass = held ? 10000000 : 7,
             .fail = held ? 0 : 1000000,
             .nonfinite = held ? 0 : 25 + static_cast<int>(i)});
      }
    }
  }
  layers_.results = 1000;
  layers_.nonfinite = 10;
  layers_.worst_outputs = 1;
  layers_.worst_place = std::string(300, 'x');
  ExpectationOutcome missed;
  missed.scenario = &config_.scenarios[0];
  missed.family = &config_.scenarios[0].families[0].spec;
  missed.setting = {&config_.scenarios[0].methods[0], &config_.scenarios[0].arithmetics[0], nullptr, nullptr};
  report_.expectations = {missed};
  for (const std::size_t width : {0u, 40u, 60u, 80u, 100u, 160u}) {
    const std::string all = text(width);
    EXPECT_LE(std::count(all.begin(), all.end(), '\n'), 10) << all;
    for (const std::string& line : lines_of(all)) {
      EXPECT_LE(display_width(line), width == 0 ? 100 : width) << line;
    }
    for (const char* word :
         {"cases (", "failed  ", "worst  ", "cheapest  ", "layers  ", "expected  ", "rest  "})
      EXPECT_NE(all.find(word), std::string::npos) << word << " is not in:\n" << all;
    EXPECT_NE(all.find("r.json"), std::string::npos);
  }
}

// What a sweep of real cases says does not depend on the number of threads.
TEST(Findings, one_and_two_threads_find_the_same) {
  const auto found = [](int jobs) {
    class Sink : public ResultSink {
     public:
      SerializedRecords render(const MatrixResult&) const override { return {}; }
      void accept(const MatrixResult&, SerializedRecords) override {}
      std::string render_layer(const LayerResult&) const override { return {}; }
      void accept_layer(const LayerResult& result, std::string) override { layers.add(result); }
      void finish(const SweepReport& done) override { report = done; }
      LayerFindings layers;
      SweepReport report;
    };
    const SweepConfig config = layered_config();
    const Plan plan = make_plan(config);
    Sink sink;
    run_sweep(config, plan, {jobs, nullptr, {}}, sink);
    sink.report.seconds = 0;
    sink.report.threads = 0;
    return findings_text(sink.report, sink.layers, "r.json", Page{});
  };
  const std::string one = found(1);
  EXPECT_EQ(one, found(2));
  EXPECT_NE(one.find("layers    "), std::string::npos) << one;
  EXPECT_NE(one.find("fla-gdn-fused"), std::string::npos) << one;
}

}  // namespace
}  // namespace tristab
