#include "tristab/report/progress_line.h"

#include <gtest/gtest.h>

#include <cmath>

#include "small_sweep.h"
#include "tristab/base/json.h"
#include "tristab/report/text_layout.h"

namespace tristab::progress_line_test {

TEST(ProgressLine, has_count_fraction_rate_remaining_time_and_the_worst_case) {
  ProgressState state;
  state.cases_done = 120;
  state.cases = 640;
  state.fraction = 0.25;  // of the work, not of the cases
  state.seconds = state.phase_seconds = 4;
  state.worst = "worst 3.1e-01: mch fp16 on gdn n=64";
  EXPECT_EQ(progress_line(state, 120), "120/640 cases, 25%, 30/s, 0:12 left; worst 3.1e-01: mch fp16 on gdn n=64");
  EXPECT_EQ(progress_line(state, 50), "120/640 cases, 25%, 30/s, 0:12 left; worst 3.1e...");
}

TEST(ProgressLine, counts_sequences_after_the_cases) {
  ProgressState state;
  state.cases_done = state.cases = 640;
  state.sequences = 8;
  state.sequences_done = 3;
  state.fraction = 0.5;
  state.seconds = 7200;
  state.phase_seconds = 2;
  EXPECT_EQ(progress_line(state, 120), "3/8 sequences of layers, 50%, 1.5/s, 2:00:00 left");
}

TEST(ProgressLine, is_never_longer_than_the_terminal) {
  ProgressState state;
  state.cases_done = 120;
  state.cases = 640;
  state.worst = "worst 1e-3: mch fp16 on \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e n=64";
  for (std::size_t width = 19; width < 120; ++width) EXPECT_LE(display_width(progress_line(state, width)), width);
}

// 700 of 1,000 cases are kept; of the other 300, 100 took ten seconds.
TEST(ProgressLine, what_is_kept_does_not_speed_up_the_estimate) {
  ProgressState state;
  state.cases = 1000;
  state.cases_done = 800;
  state.kept = 700;
  state.fraction = 0.8;
  state.kept_fraction = 0.7;
  state.seconds = state.phase_seconds = 10;
  EXPECT_EQ(progress_line(state, 100), "800/1000 cases, 80%, 10/s, 0:20 left");
  state.cases_done = state.kept;
  state.fraction = state.kept_fraction;
  EXPECT_EQ(progress_line(state, 100), "700/1000 cases, 70%");
}

MatrixResult result_with(const SweepConfig& config, std::vector<std::pair<Status, double>> answers) {
  const Scenario& scenario = config.scenarios[0];
  MatrixResult result;
  result.input = {&scenario, &scenario.families[0].spec, 32};
  for (std::size_t k = 0; k < answers.size(); ++k) {
    Record record;
    record.setting = {&scenario.methods[k], &scenario.arithmetics[0], nullptr, &scenario.formations[0]};
    record.status = answers[k].first;
    record.total_frobenius = answers[k].second;
    result.records.push_back(record);
  }
  return result;
}

TEST(WorstCase, is_the_largest_error_until_something_is_not_finite) {
  const SweepConfig config = make_config(
      Json{{"families", {"uniform"}}, {"methods", {"mbh", "mch"}}, {"arithmetics", {"fp16"}}}, {}, "test", "", "test");
  WorstCase worst;
  EXPECT_EQ(worst.text(), "");
  worst.add(result_with(config, {{Status::failed, std::nan("")}, {Status::ok, std::nan("")}}));
  EXPECT_EQ(worst.text(), "");  // no error to speak of
  worst.add(result_with(config, {{Status::ok, 0.25}, {Status::ok, 0.5}}));
  worst.add(result_with(config, {{Status::ok, 0.5}, {Status::ok, 0.125}}));  // equal: the first stays
  EXPECT_EQ(worst.text(), "worst 5.0e-01: mch fp16 on uniform n=32");
  worst.add(result_with(config, {{Status::nonfinite, std::nan("")}, {Status::ok, 2}}));
  EXPECT_EQ(worst.text(), "first non-finite: mbh fp16 on uniform n=32");
  worst.add(result_with(config, {{Status::ok, 2}, {Status::nonfinite, 0}}));
  EXPECT_EQ(worst.text(), "first non-finite: mbh fp16 on uniform n=32");
}

}  // namespace tristab::progress_line_test
