#include "tristab/report/closing_summary.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "small_sweep.h"
#include "tristab/base/json.h"
#include "tristab/report/text_layout.h"

namespace tristab::closing_summary_test {

// Settings to point at: three methods, two arithmetics, two inputs.
class ClosingSummaryTest : public testing::Test {
 protected:
  ClosingSummaryTest()
      : config_(make_config(Json{{"families", {"uniform", "ones"}},
                                 {"methods", {"mbh", "mch", "row-substitution"}},
                                 {"arithmetics", {"fp16", "bf16"}}},
                            {}, "test", "", "test")) {}

  struct Counts {
    int fit = 0, unfit = 0, nonfinite = 0, failed = 0, trivial = 0;
  };

  // A row of method m in arithmetic a on input i; its costs: products in sequence, vector steps in sequence,
  // products. `worst` is its frobenius; total_frobenius is twice that, and all other numbers are larger.
  void add(std::size_t m, std::size_t a, std::size_t i, int n, const Counts& counts,
           std::array<double, 3> cost = {1, 0, 1}, double worst = 0.125) {
    const Scenario& scenario = config_.scenarios[0];
    SummaryRow row;
    row.input = {&scenario, &scenario.families[i].spec, n};
    row.setting = setting(m, a);
    row.fit = counts.fit;
    row.unfit = counts.unfit;
    row.trivial = counts.trivial;
    row.nonfinite = counts.nonfinite;
    row.failed = counts.failed;
    row.trials = counts.fit + counts.unfit + counts.nonfinite + counts.failed + counts.trivial;
    for (const Field* field : counted_fields()) {
      const std::string& name = field->name();
      row.counts.push_back(name == "depth"          ? cost[0]
                           : name == "vector_depth" ? cost[1]
                           : name == "matmuls"      ? cost[2]
                                                    : 1000);
    }
    for (const Field* field : distributed_fields()) {
      Distribution distribution;
      distribution.count = std::isnan(worst) ? 0 : 1;
      distribution.worst = field->name() == "frobenius" ? worst : field->name() == "total_frobenius" ? 2 * worst : 1000;
      row.distributions.push_back(distribution);
    }
    report_.records += row.trials;
    report_.summary.push_back(row);
  }

  Setting setting(std::size_t m, std::size_t a) const {
    const Scenario& scenario = config_.scenarios[0];
    return {&scenario.methods[m], &scenario.arithmetics[a], nullptr, &scenario.formations[0]};
  }
  Input input(std::size_t i, int n) const { return {&config_.scenarios[0], &config_.scenarios[0].families[i].spec, n}; }

  std::string text(std::size_t width = 0) const {
    return closing_summary(report_, layers_, "r.json", ResultFormat::json, Page{width});
  }

  void expect_part(const std::string& part) const {
    EXPECT_NE(text().find(part), std::string::npos) << part << " is not in:\n" << text();
  }
  void expect_no(const std::string& part) const {
    EXPECT_EQ(text().find(part), std::string::npos) << part << " is in:\n" << text();
  }

  SweepConfig config_;
  SweepReport report_;
  LayerTable layers_;
};

TEST_F(ClosingSummaryTest, counts_cases_and_names_what_failed_where) {
  report_.matrices = 32;
  report_.seconds = 1.25;
  report_.threads = 2;
  add(0, 0, 0, 64, {.fit = 31, .unfit = 1});
  add(1, 0, 0, 64, {.fit = 7, .nonfinite = 25});
  EXPECT_EQ(text(),
            "64 cases (32 matrices) in 1.2 s on 2 threads: 38 fit (4x-bf16), 1 unfit, 25 non-finite\n"
            "failed    mch fp16: 25 non-finite of 32 on uniform n=64\n"
            "          mbh fp16: 1 unfit of 32 on uniform n=64\n"
            "worst     total_frobenius 2.5e-01: mbh fp16 on uniform n=64\n"
            "cheapest  none: no setting is fit in every case; nearest: mbh fp16, 31 of 32 cases\n"
            "rest      r.json; next: tristab compare r.json, or tristab report\n");
}

TEST_F(ClosingSummaryTest, failures_are_added_up_and_the_worst_input_is_named) {
  add(0, 0, 0, 16, {.fit = 10});
  add(1, 0, 0, 16, {.fit = 9, .unfit = 1});
  add(0, 0, 1, 32, {.fit = 2});
  add(1, 0, 1, 32, {.nonfinite = 1, .failed = 1});
  add(0, 0, 1, 64, {.fit = 2});
  add(1, 0, 1, 64, {.nonfinite = 3});  // as large a part, of more trials
  expect_part("failed    mch fp16: 4 non-finite, 1 unfit, 1 without an answer of 15, most on ones n=64 (3 of 3)\n");
  expect_part(" 1 unfit, 4 non-finite, 1 without an answer\n");  // of all settings
  expect_part("cheapest  mbh fp16, 1 step deep (1 product, 0 vector); ");
}

TEST_F(ClosingSummaryTest, a_setting_that_always_fails_says_so) {
  add(1, 0, 0, 16, {.nonfinite = 2});
  add(1, 0, 1, 16, {.unfit = 1});
  expect_part("failed    mch fp16: 2 non-finite, 1 unfit of 3 on 2 inputs\n");
  expect_part("cheapest  none: no setting is fit in every case\n");
}

TEST_F(ClosingSummaryTest, non_finite_answers_come_before_wrong_ones) {
  add(0, 0, 0, 16, {.unfit = 10});
  add(1, 0, 0, 16, {.fit = 9, .nonfinite = 1});
  add(2, 0, 0, 16, {.fit = 8, .unfit = 2});
  const std::string all = text();
  EXPECT_LT(all.find("mch fp16"), all.find("mbh fp16"));
  EXPECT_LT(all.find("mbh fp16"), all.find("row-substitution fp16"));
}

TEST_F(ClosingSummaryTest, three_settings_that_failed_are_named_the_rest_counted) {
  for (std::size_t m = 0; m < 3; ++m) add(m, 0, 0, 16, {.fit = 1, .unfit = 1});
  expect_part("row-substitution fp16: 1 unfit of 2");
  expect_no("more of the");
  add(0, 1, 0, 16, {.fit = 2, .unfit = 1});
  add(1, 1, 0, 16, {.fit = 3});
  expect_part(
      "\n          row-substitution fp16: 1 unfit of 2 on uniform n=16\n"
      "          and 1 more of the 5 settings\n");
  expect_no("mbh bf16: ");
}

TEST_F(ClosingSummaryTest, nothing_failed) {
  add(0, 0, 0, 16, {.fit = 3, .trivial = 1});
  expect_part(" 3 fit (4x-bf16), 0 unfit, 0 non-finite, 1 trivial\n");
  expect_part("failed    none: every answer is finite and fit\n");
  expect_part("cheapest  mbh fp16, 1 step deep (1 product, 0 vector); 1 of 1 settings are fit in all cases\n");
}

TEST_F(ClosingSummaryTest, trivial_inputs_alone_make_nothing_the_cheapest) {
  add(0, 0, 0, 16, {.trivial = 4});
  expect_part("cheapest  none: no setting is fit in every case\n");
}

TEST_F(ClosingSummaryTest, the_cheapest_has_fewest_dependent_steps_products_and_bits) {
  add(0, 0, 0, 16, {.fit = 4}, {8, 0, 8});
  add(0, 1, 0, 16, {.fit = 4}, {3, 4, 9});  // 7 steps
  add(1, 0, 0, 16, {.fit = 4}, {7, 0, 8});  // 7 steps and fewer products
  add(1, 1, 0, 16, {.fit = 3, .unfit = 1}, {1, 0, 1});
  add(2, 0, 0, 16, {.fit = 4}, {0, 15, 0});
  expect_part("cheapest  mch fp16, 7 steps deep (7 products, 0 vector); 4 of 5 settings are fit in all cases\n");
  expect_part("          by arithmetic: mch in fp16; mbh in bf16\n");
}

TEST_F(ClosingSummaryTest, equal_costs_the_first_setting) {
  add(2, 1, 0, 16, {.fit = 4}, {7, 0, 8});  // fp16 and bf16 have as many bits
  add(1, 0, 0, 16, {.fit = 4}, {7, 0, 8});
  expect_part("cheapest  row-substitution bf16, ");
}

TEST_F(ClosingSummaryTest, fewer_bits_decide_between_equal_steps_and_products) {
  const SweepConfig wide = make_config(
      Json{{"families", {"ones"}}, {"methods", {"mbh"}}, {"arithmetics", {"fp32", "fp16"}}}, {}, "test", "", "test");
  config_ = wide;
  add(0, 0, 0, 16, {.fit = 1});
  add(0, 1, 0, 16, {.fit = 1});
  expect_part("cheapest  mbh fp16, ");
  expect_part("by arithmetic: mbh in fp32, fp16\n");
}

TEST_F(ClosingSummaryTest, a_setting_of_all_inputs_goes_before_a_cheaper_one_of_some) {
  add(0, 0, 0, 16, {.fit = 1}, {9, 0, 9});
  add(0, 0, 0, 64, {.fit = 1}, {12, 0, 12});
  add(1, 0, 0, 16, {.fit = 1}, {2, 0, 2});  // like a kernel that takes one size
  expect_part("cheapest  mbh fp16, 12 steps deep (12 products, 0 vector); 2 of 2 settings are fit in all cases\n");
}

TEST_F(ClosingSummaryTest, where_none_held_everywhere_one_that_held_where_it_ran) {
  add(0, 0, 0, 16, {.fit = 1});
  add(0, 0, 0, 64, {.unfit = 1});
  add(1, 0, 0, 16, {.fit = 1}, {2, 1, 2});
  expect_part(
      "cheapest  mch fp16, 3 steps deep (2 products, 1 vector); 1 of 2 settings are fit wherever they ran, "
      "this one on 1 of 2 inputs (n = 16)\n");
}

TEST_F(ClosingSummaryTest, the_worst_is_the_first_of_the_largest_and_may_be_infinite) {
  add(0, 0, 0, 16, {.fit = 1}, {1, 0, 1}, 0.5);
  add(1, 0, 0, 16, {.fit = 1}, {1, 0, 1}, 0.5);
  add(2, 0, 0, 16, {.nonfinite = 1}, {1, 0, 1}, std::nan(""));
  expect_part("worst     total_frobenius 1.0e+00: mbh fp16 on uniform n=16\n");
  add(2, 1, 1, 32, {.fit = 1, .nonfinite = 1}, {1, 0, 1}, HUGE_VAL);
  expect_part("worst     total_frobenius not finite: row-substitution bf16 on ones n=32\n");
}

TEST_F(ClosingSummaryTest, without_a_finite_error_there_is_no_worst_case) {
  add(0, 0, 0, 16, {.nonfinite = 1}, {1, 0, 1}, std::nan(""));
  expect_no("worst");
}

TEST_F(ClosingSummaryTest, an_empty_sweep_names_its_file_and_claims_nothing) {
  EXPECT_EQ(text(),
            "0 cases (0 matrices) in 0.0 s on 0 threads: 0 fit, 0 unfit, 0 non-finite\n"
            "rest      r.json; next: tristab compare r.json, or tristab report\n");
}

TEST_F(ClosingSummaryTest, one_is_not_counted_as_several) {
  report_.matrices = report_.threads = 1;
  add(0, 0, 0, 16, {.fit = 1});
  expect_part("1 case (1 matrix) in 0.0 s on 1 thread: 1 fit (4x-bf16), ");
}

TEST_F(ClosingSummaryTest, the_next_commands_are_those_that_take_the_file) {
  add(0, 0, 0, 16, {.fit = 1});
  const auto rest = [&](const std::string& path, ResultFormat format = ResultFormat::json) {
    const std::string all = closing_summary(report_, layers_, path, format, Page{});
    return all.substr(all.find("rest"));
  };
  EXPECT_EQ(rest("-"), "rest      on standard output\n");
  for (const char* path : {"r.csv", "r.json"})
    EXPECT_EQ(rest(path, ResultFormat::csv),
              fmt::format("rest      {} (a table; compare and report read the formats json and ndjson)\n", path));
  EXPECT_NE(rest("r.csv").find("tristab compare r.csv"), std::string::npos);  // --format json -o r.csv
  EXPECT_NE(rest("my 'r'.ndjson").find("tristab compare 'my '\\''r'\\''.ndjson'"), std::string::npos)
      << rest("my 'r'.ndjson");
}

TEST_F(ClosingSummaryTest, layers_and_expectations_have_a_line_each) {
  add(0, 0, 0, 16, {.fit = 1});
  LayerResult layer;
  layer.input = input(0, 16);
  for (const auto& [status, error] : {std::pair{Status::ok, 0.25}, std::pair{Status::nonfinite, 7.0},
                                      std::pair{Status::failed, 9.0}, std::pair{Status::ok, 0.125}}) {
    LayerRecord record;
    record.setting = setting(0, 1);
    record.status = status;
    record.errors.whole.o = error;
    if (status == Status::nonfinite) record.errors.first_nonfinite_chunk = 3;
    if (status != Status::failed)
      record.fit = status == Status::ok ? error < 0.2 ? Fit::fit : Fit::unfit : Fit::nonfinite;
    layer.records.push_back(record);
  }
  layers_.add(layer);
  report_.sequences = 1;
  expect_part(
      "layers    4 results of 1 sequence: 1 fit (4x-bf16), 1 unfit, 1 non-finite, 1 without an answer; worst error of "
      "o "
      "not finite: mbh bf16 on uniform n=16\n");
  ExpectationOutcome met;
  met.met = true;
  ExpectationOutcome missed;
  missed.input = layer.input;
  missed.setting = layer.records[0].setting;
  report_.expectations = {met, missed};
  expect_part("expected  1 of 2 met; first not met: mbh bf16 on uniform n=16\n");
}

// A layer that is unfit keeps a setting from being the cheapest, whatever its inverses are.
TEST_F(ClosingSummaryTest, a_setting_with_an_unfit_layer_has_not_held) {
  add(0, 0, 0, 16, {.fit = 8}, {1, 0, 1});
  add(1, 0, 0, 16, {.fit = 8}, {2, 0, 2});
  LayerResult layer;
  layer.input = input(0, 16);
  for (const std::size_t m : {0u, 1u}) {
    LayerRecord record;
    record.setting = setting(m, 0);
    record.errors.whole.o = 0.25;
    record.fit = m == 0 ? Fit::unfit : Fit::fit;
    layer.records.push_back(record);
  }
  layers_.add(layer);
  expect_part("failed    mbh fp16: 1 of 1 layer\n");
  expect_part("cheapest  mch fp16, 2 steps deep");
}

// On a terminal a line that is too long ends in dots, but the last one, which names the file, is whole: its
// end is the next command.
TEST_F(ClosingSummaryTest, lines_are_cut_to_the_terminal_but_for_the_last) {
  config_ = make_config(
      Json{{"families", {Json{{"family", "gdn"}, {"keys", "collinear"}, {"gate", "none"}, {"negative", true}}}},
           {"methods", {"mch", "mbh"}},
           {"arithmetics", {"fp16"}}},
      {}, "test", "", "test");
  report_.matrices = 24;
  add(0, 0, 0, 16, {.fit = 2, .unfit = 1});
  add(0, 0, 0, 64, {.fit = 1, .unfit = 1, .nonfinite = 1});
  add(1, 0, 0, 16, {.fit = 2, .unfit = 1});
  add(1, 0, 0, 64, {.fit = 1, .unfit = 2});
  const std::string rest = "rest      results/neg.json; next: tristab compare results/neg.json, or tristab report\n";
  const std::string whole = closing_summary(report_, layers_, "results/neg.json", ResultFormat::json, Page{});
  const std::string cut = closing_summary(report_, layers_, "results/neg.json", ResultFormat::json, Page{.width = 60});
  EXPECT_TRUE(whole.ends_with(rest)) << whole;
  EXPECT_TRUE(cut.ends_with(rest)) << cut;
  const std::vector<std::string> before = lines_of(whole), after = lines_of(cut);
  ASSERT_EQ(before.size(), after.size());
  int shortened = 0;
  for (std::size_t k = 0; k + 2 < before.size(); ++k) {  // the rest, and nothing after its newline
    EXPECT_EQ(after[k], elided(before[k], 60));
    shortened += after[k].ends_with("...");
  }
  EXPECT_GT(shortened, 2) << cut;
}

// Long labels, many failures, everything there is to say, at every width.
TEST_F(ClosingSummaryTest, ten_lines_at_most_none_longer_than_the_terminal) {
  Json methods = Json::array(), families = Json::array();
  for (const int block : {8, 16, 32})
    methods.push_back(Json{{"method", "refine"}, {"base", Json{{"method", "mxr"}, {"block", block}}}, {"steps", 2}});
  for (const char* gate : {"none", "fla-init", "qwen3-next"})
    families.push_back(
        Json{{"family", "gdn"}, {"keys", "collinear"}, {"gate", gate}, {"negative", true}, {"head_dim", 256}});
  config_ = make_config(
      Json{{"families", families},
           {"methods", methods},
           {"arithmetics", {"fp16", Json{{"arithmetic", "int8"}, {"scale", "row"}, {"scale_rule", "power-of-two"}}}}},
      {}, "test", "", "test");
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t a = 0; a < 2; ++a) {
        const bool held = m == 2 && a == 0;
        add(m, a, i, 64,
            {.fit = held ? 10000000 : 7,
             .unfit = held ? 0 : 1000000,
             .nonfinite = held ? 0 : 25 + static_cast<int>(i)});
      }
    }
  }
  FamilySpec family = config_.scenarios[0].families[0].spec;
  family.label = std::string(300, 'x');
  LayerResult layer;
  layer.input = {&config_.scenarios[0], &family, 64};
  layer.records.emplace_back().setting = setting(0, 0);
  layer.records.back().fit = Fit::unfit;
  layers_.add(layer);
  ExpectationOutcome missed;
  missed.input = input(0, 64);
  missed.setting = setting(0, 0);
  report_.expectations = {missed};
  for (const std::size_t width : {0u, 20u, 40u, 60u, 80u, 100u, 160u}) {
    const std::string all = text(width);
    EXPECT_LE(std::count(all.begin(), all.end(), '\n'), 10) << all;
    std::vector<std::string> lines = lines_of(all);
    lines.resize(lines.size() - 2);  // the rest, and nothing after its newline
    for (const std::string& line : lines) {
      if (width > 0) {
        EXPECT_LE(display_width(line), width) << line;
      }
    }
    for (const char* word : {"cases (", "failed  ", "worst  ", "cheapest  ", "layers  ", "expected  ", "rest  "})
      EXPECT_NE(all.find(word), std::string::npos) << word << " is not in:\n" << all;
    EXPECT_NE(all.find("r.json"), std::string::npos);
  }
}

// What a sweep of real cases says does not depend on the number of threads.
TEST(ClosingSummary, one_and_two_threads_find_the_same) {
  const auto found = [](int jobs) {
    class Sink : public ResultSink {
     public:
      SerializedRecords render(const MatrixResult&) const override { return {}; }
      void accept(const MatrixResult&, SerializedRecords) override {}
      std::string render_layer(const LayerResult&) const override { return {}; }
      void accept_layer(const LayerResult& result, std::string) override { layers.add(result); }
      void finish(const SweepReport& done) override { report = done; }
      LayerTable layers;
      SweepReport report;
    };
    const SweepConfig config = layered_config();
    const Plan plan = make_plan(config);
    Sink sink;
    run_sweep(config, plan, {jobs, nullptr, {}}, sink);
    sink.report.seconds = 0;
    sink.report.threads = 0;
    return closing_summary(sink.report, sink.layers, "r.json", ResultFormat::json, Page{});
  };
  const std::string one = found(1);
  EXPECT_EQ(one, found(2));
  EXPECT_NE(one.find("layers    "), std::string::npos) << one;
  EXPECT_NE(one.find("fla-gdn-fused"), std::string::npos) << one;
}

}  // namespace tristab::closing_summary_test
