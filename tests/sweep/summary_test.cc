#include "tristab/base/json.h"
#include "tristab/sweep/summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tristab {
namespace {

TEST(Summary, quantiles_interpolate_between_order_statistics) {
  EXPECT_EQ(quantile({3}, 0.5), 3);
  EXPECT_EQ(quantile({1, 2}, 0.5), 1.5);
  EXPECT_EQ(quantile({1, 2, 10}, 0.5), 2);
  EXPECT_EQ(quantile({1, 2, 3, 10}, 0.5), 2.5);
  EXPECT_EQ(quantile({0, 10, 20, 30, 40}, 0.95), 38);  // position 3.8
  EXPECT_EQ(quantile({0, 10, 20, 30, 40}, 0), 0);
  EXPECT_EQ(quantile({0, 10, 20, 30, 40}, 1), 40);
  EXPECT_EQ(quantile({1, HUGE_VAL, HUGE_VAL}, 0.5), HUGE_VAL);
  EXPECT_EQ(quantile({-HUGE_VAL, 1}, 0.25), -HUGE_VAL);
}

TEST(Summary, the_mean_is_that_of_the_finite_values) {
  EXPECT_EQ(finite_mean({1, 2, 6}), 3);
  EXPECT_EQ(finite_mean({1, HUGE_VAL, 6}), 3.5);
  EXPECT_EQ(finite_mean({HUGE_VAL}), HUGE_VAL);
}

SweepConfig config_with(int methods) {
  const Json names = methods == 1 ? Json{"mbh"} : Json{"mbh", "mch"};
  return make_config(
      Json{{"families", {"uniform"}}, {"chunks", {16, 32}}, {"methods", names}, {"arithmetics", {"fp16"}}},
      {}, "test", "", "test");
}

Record record_with(const SweepConfig& config, std::size_t method, double frobenius,
                   Status status = Status::ok) {
  Record record;
  record.method = &config.scenarios[0].methods[method];
  record.arithmetic = &config.scenarios[0].arithmetics[0];
  record.status = status;
  record.verdict = status == Status::ok ? Verdict::pass : Verdict::nonfinite;
  for (const MetricInfo& info : metrics()) record.metrics.set(info.metric, 0);
  record.metrics.set(Metric::frobenius, frobenius);
  record.metrics.set(Metric::snr_db, 10 * frobenius);
  record.total_frobenius = 2 * frobenius;
  record.growth = 1;
  return record;
}

std::size_t position_of(const std::string& name) {
  const auto& quantities = summary_quantities();
  const auto found =
      std::find_if(quantities.begin(), quantities.end(), [&](const auto& q) { return q.name == name; });
  return static_cast<std::size_t>(found - quantities.begin());
}

// Adds one matrix of a group with the given errors of each method.
void add(SummaryBuilder& builder, std::size_t group, std::vector<Record> records) {
  MatrixResult result;
  result.group = group;
  result.records = std::move(records);
  builder.add(result);
}

TEST(Summary, median_and_worst_of_the_finite_trials) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (const double error : {5.0, 1.0, 4.0}) add(builder, 0, {record_with(config, 0, error)});
  add(builder, 0, {record_with(config, 0, 1000, Status::nonfinite)});
  const std::vector<SummaryRow> rows = builder.finish();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].trials, 4);
  EXPECT_EQ(rows[0].nonfinite_trials, 1);
  EXPECT_EQ(rows[0].pass, 3);
  const QuantileRow& frobenius = rows[0].quantities[position_of("frobenius")];
  EXPECT_EQ(frobenius.median, 4);
  EXPECT_EQ(frobenius.worst, 5);
  EXPECT_TRUE(std::isnan(frobenius.tail));  // fewer than 20 trials
  EXPECT_EQ(rows[0].quantities[position_of("total_frobenius")].worst, 10);
  const QuantileRow& snr = rows[0].quantities[position_of("snr_db")];
  EXPECT_EQ(snr.worst, 10);                   // the smallest
  EXPECT_EQ(snr.mean, (50.0 + 10 + 40) / 3);  // the non-finite trial is counted apart
  EXPECT_TRUE(std::isnan(frobenius.mean));    // no decibels, no mean
  EXPECT_EQ(frobenius.undefined_mean, "");
}

TEST(Summary, tails_from_twenty_trials_on) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  for (int k = 20; k >= 0; --k) add(builder, 0, {record_with(config, 0, k)});  // 0 .. 20
  const std::vector<SummaryRow> rows = builder.finish();
  EXPECT_EQ(rows[0].quantities[position_of("frobenius")].tail, 19);
  EXPECT_EQ(rows[0].quantities[position_of("snr_db")].tail, 10);  // 5 %
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
  const std::vector<SummaryRow> rows = builder.finish();
  ASSERT_EQ(rows.size(), 4u);
  for (std::size_t r = 0; r < 4; ++r) {
    const double scale = r % 2 == 0 ? 1 : 2, first = r < 2 ? 0 : 10000;
    EXPECT_EQ(rows[r].trials, trials);
    const QuantileRow& frobenius = rows[r].quantities[position_of("frobenius")];
    EXPECT_EQ(frobenius.median, scale * (first + 2499.5));
    EXPECT_DOUBLE_EQ(frobenius.tail, scale * (first + 0.95 * 4999));
    EXPECT_EQ(frobenius.worst, scale * (first + 4999));
    const QuantileRow& snr = rows[r].quantities[position_of("snr_db")];
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
  const std::vector<SummaryRow> rows = builder.finish();
  ASSERT_EQ(rows.size(), 4u);
  const double expected[] = {1, 10, 2, 20};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_EQ(rows[k].trials, 2);
    EXPECT_EQ(rows[k].n, k < 2 ? 16 : 32);
    EXPECT_EQ(rows[k].quantities[position_of("frobenius")].median, expected[k]);
  }
}

TEST(Summary, a_setting_without_finite_trials_says_so) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  add(builder, 0, {record_with(config, 0, 1, Status::nonfinite)});
  const QuantileRow frobenius = builder.finish()[0].quantities[position_of("frobenius")];
  EXPECT_TRUE(std::isnan(frobenius.median));
  EXPECT_EQ(frobenius.undefined_median, "no trial has a value");
}

TEST(Summary, an_infinite_signal_to_noise_ratio_ranks_above_all_others) {
  const SweepConfig config = config_with(1);
  const Plan plan = make_plan(config);
  SummaryBuilder builder(plan);
  Record exact = record_with(config, 0, 0);
  exact.metrics.set_undefined(Metric::snr_db, "infinite: the result is exact");
  add(builder, 0, {exact});
  add(builder, 0, {exact});
  add(builder, 0, {record_with(config, 0, 3)});
  const QuantileRow snr = builder.finish()[0].quantities[position_of("snr_db")];
  EXPECT_TRUE(std::isnan(snr.median));
  EXPECT_EQ(snr.undefined_median, "infinite");
  EXPECT_EQ(snr.worst, 30);
  EXPECT_EQ(snr.mean, 30);  // of the trial that is not exact
}

}  // namespace
}  // namespace tristab
