#include "tristab/sweep/summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tristab/base/json.h"

namespace tristab::summary_test {

SweepConfig config_with(int methods) {
  const Json names = methods == 1 ? Json{"mbh"} : Json{"mbh", "mch"};
  return make_config(
      Json{{"families", {"uniform"}}, {"chunks", {16, 32}}, {"methods", names}, {"arithmetics", {"fp16"}}}, {}, "test",
      "", "test");
}

Record record_with(const SweepConfig& config, std::size_t method, double frobenius, Status status = Status::ok) {
  Record record;
  record.setting = config.scenarios[0].settings(16)[method];
  record.status = status;
  record.fit = status == Status::ok ? Fit::fit : Fit::nonfinite;
  for (const MetricInfo& info : metrics()) record.metrics.set(info.metric, 0);
  record.metrics.set(Metric::frobenius, frobenius);
  record.metrics.set(Metric::snr_db, 10 * frobenius);
  record.total_frobenius = 2 * frobenius;
  record.growth = 1;
  return record;
}

// Adds one matrix of a group with the given errors of each method.
void add(SummaryBuilder& builder, std::size_t group, std::vector<Record> records) {
  MatrixResult result;
  result.group = group;
  result.records = std::move(records);
  builder.add(result);
}

TEST(Summary, median_and_worst_count_a_lost_trial_as_infinite) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (const double error : {5.0, 1.0, 4.0}) add(builder, 0, {record_with(config, 0, error)});
  add(builder, 0, {record_with(config, 0, 1000, Status::nonfinite)});
  const Summary rows = builder.finish();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].trials, 4);
  EXPECT_EQ(rows[0].nonfinite, 1);
  EXPECT_EQ(rows[0].fit, 3);
  const Distribution frobenius = rows[0].distribution("frobenius");
  EXPECT_EQ(frobenius.median, 4.5);
  EXPECT_EQ(frobenius.worst, HUGE_VAL);
  EXPECT_TRUE(std::isnan(frobenius.tail));  // fewer than 20 trials
  EXPECT_EQ(rows[0].distribution("total_frobenius").median, 9);
  const Distribution snr = rows[0].distribution("snr_db");
  EXPECT_EQ(snr.worst, -HUGE_VAL);            // the smallest
  EXPECT_EQ(snr.mean, (50.0 + 10 + 40) / 3);  // of the finite ones
  EXPECT_TRUE(std::isnan(frobenius.mean));    // no decibels, no mean
}

TEST(Summary, tails_from_twenty_trials_on) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (int k = 20; k >= 0; --k) add(builder, 0, {record_with(config, 0, k)});  // 0 .. 20
  const Summary rows = builder.finish();
  EXPECT_EQ(rows[0].distribution("frobenius").tail, 19);
  EXPECT_EQ(rows[0].distribution("snr_db").tail, 10);  // 5 %
}

// Far more than a list keeps in memory: 0 ... 4999 in a scrambled order, of two methods and in two groups.
TEST(Summary, many_trials_give_the_same_numbers) {
  const SweepConfig config = config_with(2);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  constexpr int trials = 5000;
  for (std::size_t group = 0; group < 2; ++group) {
    for (int k = 0; k < trials; ++k) {
      const int error = 1999 * k % trials + 10000 * static_cast<int>(group);  // 1999 is prime to 5000
      add(builder, group, {record_with(config, 0, error), record_with(config, 1, 2 * error)});
    }
  }
  const Summary rows = builder.finish();
  ASSERT_EQ(rows.size(), 4u);
  for (std::size_t r = 0; r < 4; ++r) {
    const double scale = r % 2 == 0 ? 1 : 2, first = r < 2 ? 0 : 10000;
    EXPECT_EQ(rows[r].trials, trials);
    const Distribution frobenius = rows[r].distribution("frobenius");
    EXPECT_EQ(frobenius.median, scale * (first + 2499.5));
    EXPECT_DOUBLE_EQ(frobenius.tail, scale * (first + 0.95 * 4999));
    EXPECT_EQ(frobenius.worst, scale * (first + 4999));
    const Distribution snr = rows[r].distribution("snr_db");
    EXPECT_EQ(snr.mean, 10 * scale * (first + 2499.5));  // of whole numbers: exact in any order
    EXPECT_EQ(snr.worst, 10 * scale * first);
  }
}

TEST(Summary, sizes_and_methods_are_never_merged) {
  const SweepConfig config = config_with(2);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (std::size_t group = 0; group < 2; ++group) {
    for (int trial = 0; trial < 2; ++trial) {
      const auto error = static_cast<double>(group + 1);
      add(builder, group, {record_with(config, 0, error), record_with(config, 1, 10 * error)});
    }
  }
  const Summary rows = builder.finish();
  ASSERT_EQ(rows.size(), 4u);
  const double expected[] = {1, 10, 2, 20};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(rows[k].trials, 2);
    EXPECT_EQ(rows[k].input.n, k < 2 ? 16 : 32);
    EXPECT_EQ(rows[k].distribution("frobenius").median, expected[k]);
  }
}

// Growth tells why a result is not finite; its error is infinite.
TEST(Summary, growth_of_a_lost_trial_counts_and_its_error_is_infinite) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  add(builder, 0, {record_with(config, 0, 2)});
  Record lost = record_with(config, 0, 1000, Status::nonfinite);
  lost.growth = 500;
  lost.dead_growth = 700;
  lost.error_forming = 0.25;
  add(builder, 0, {lost});
  const Summary rows = builder.finish();
  EXPECT_EQ(rows[0].distribution("frobenius").count, 2u);
  EXPECT_EQ(rows[0].distribution("frobenius").worst, HUGE_VAL);
  EXPECT_EQ(rows[0].distribution("growth").count, 2u);
  EXPECT_EQ(rows[0].distribution("growth").worst, 500);
  EXPECT_EQ(rows[0].distribution("dead_growth").worst, 700);
  EXPECT_EQ(rows[0].distribution("error_formation").worst, 0.25);
}

TEST(Summary, counts_are_of_all_trials) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (int k = 1; k <= 3; ++k) {
    Record record = record_with(config, 0, 1, k == 3 ? Status::nonfinite : Status::ok);
    StageTrace stage;
    stage.matmuls = k;
    stage.overflows_live = 10 * k;
    record.trace.stages.push_back(stage);
    record.trace.product_depth = 5 - k;
    add(builder, 0, {record});
  }
  const Summary rows = builder.finish();
  EXPECT_EQ(rows[0].count("matmuls"), 3);  // of the costliest trial
  EXPECT_EQ(rows[0].count("depth"), 4);
  EXPECT_EQ(rows[0].count("overflows"), 60);  // of all of them
  EXPECT_EQ(rows[0].count("dead_overflows"), 0);
  EXPECT_THROW(rows[0].count("frobenius"), std::out_of_range);
  EXPECT_THROW(rows[0].distribution("matmuls"), std::out_of_range);
}

TEST(Summary, trials_that_cannot_be_used_are_counted_together) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (const Fit fit : {Fit::fit, Fit::trivial, Fit::unfit, Fit::unfit}) {
    Record record = record_with(config, 0, 1);
    record.fit = fit;
    add(builder, 0, {record});
  }
  add(builder, 0, {record_with(config, 0, 1, Status::nonfinite)});
  Record failed = record_with(config, 0, 1, Status::failed);
  failed.fit.reset();
  add(builder, 0, {failed});
  const SummaryRow row = builder.finish()[0];
  EXPECT_EQ(row.trials, 6);
  EXPECT_EQ(row.failed, 1);
  EXPECT_EQ(row.trivial, 1);
  EXPECT_EQ(row.unfit, 2);
  EXPECT_EQ(row.lost(), 2);
  EXPECT_EQ(row.unusable(), 4);
}

TEST(Summary, a_setting_without_judged_trials_has_no_number) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  Record trivial = record_with(config, 0, 1);
  trivial.fit = Fit::trivial;
  add(builder, 0, {trivial});
  add(builder, 0, {record_with(config, 0, 1, Status::failed)});
  const Distribution frobenius = builder.finish()[0].distribution("frobenius");
  EXPECT_TRUE(std::isnan(frobenius.median));
  EXPECT_EQ(frobenius.count, 0u);  // no trial has a value
}

TEST(Summary, an_infinite_signal_to_noise_ratio_ranks_above_all_others) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  Record exact = record_with(config, 0, 0);
  exact.metrics.set_undefined(Metric::snr_db, Undefined::exact_result);
  add(builder, 0, {exact});
  add(builder, 0, {exact});
  add(builder, 0, {record_with(config, 0, 3)});
  const Distribution snr = builder.finish()[0].distribution("snr_db");
  EXPECT_EQ(snr.median, HUGE_VAL);
  EXPECT_EQ(snr.infinite, 2u);
  EXPECT_EQ(snr.worst, 30);
  EXPECT_EQ(snr.mean, 30);  // of the trial that is not exact
}

}  // namespace tristab::summary_test
