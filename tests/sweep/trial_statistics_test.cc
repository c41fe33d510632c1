#include "tristab/sweep/trial_statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tristab::trial_statistics_test {

TEST(Quantile, interpolates_between_order_statistics) {
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

TEST(Median, is_of_the_numbers_in_any_order) {
  EXPECT_EQ(median({5, 1, 4}), 4);
  EXPECT_EQ(median({5, nan, 1, 4, nan, 3}), 3.5);
  EXPECT_EQ(median({infinity, 1, infinity}), infinity);
  EXPECT_TRUE(std::isnan(median({})));
  EXPECT_TRUE(std::isnan(median({nan})));
}

Distribution distribution(std::vector<double> values, const char* field) {
  return distribution_of(std::move(values), find_field(field)->info);
}

TEST(Distribution, the_worst_is_the_largest_or_the_smallest_if_larger_is_better) {
  EXPECT_EQ(distribution({5, 1, 4}, "frobenius").worst, 5);
  EXPECT_EQ(distribution({5, 1, 4}, "pearson").worst, 1);
  EXPECT_EQ(distribution({5, 1, 4}, "frobenius").median, 4);
  EXPECT_EQ(distribution({5, 1, 4}, "frobenius").count, 3u);
}

TEST(Distribution, the_mean_is_that_of_the_finite_values_in_decibels) {
  EXPECT_EQ(distribution({1, 2, 6}, "snr_db").mean, 3);
  EXPECT_EQ(distribution({1, infinity, 6}, "snr_db").mean, 3.5);
  EXPECT_EQ(distribution({infinity}, "snr_db").mean, infinity);
  EXPECT_TRUE(std::isnan(distribution({1, 2, 6}, "frobenius").mean));
  EXPECT_TRUE(std::isnan(distribution({}, "snr_db").mean));
}

TEST(Distribution, has_tails_from_twenty_values_on) {
  std::vector<double> values;
  for (int k = 1; k < 20; ++k) values.push_back(k);
  EXPECT_TRUE(std::isnan(distribution(values, "frobenius").tail));
  values.push_back(0);
  values.push_back(20);  // 0 .. 20
  EXPECT_EQ(distribution(values, "frobenius").tail, 19);
  EXPECT_EQ(distribution(values, "snr_db").tail, 1);  // 5 %
}

TEST(Distribution, infinities_are_counted_and_rank_above_all) {
  const Distribution snr = distribution({infinity, 30, infinity}, "snr_db");
  EXPECT_EQ(snr.count, 3u);
  EXPECT_EQ(snr.infinite, 2u);
  EXPECT_EQ(snr.median, infinity);
  EXPECT_EQ(snr.worst, 30);
  EXPECT_EQ(distribution({infinity, 30, 1}, "frobenius").worst, infinity);
  EXPECT_EQ(distribution({-infinity, 30}, "snr_db").infinite, 0u);
}

TEST(Distribution, of_nothing_is_no_number) {
  const Distribution none = distribution({}, "frobenius");
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.infinite, 0u);
  for (const double number : {none.median, none.tail, none.worst, none.mean}) EXPECT_TRUE(std::isnan(number));
}

const std::vector<const Field*>& fields() {
  static const std::vector<const Field*> list{
      find_field("frobenius"),       find_field("growth"),  find_field("dead_growth"), find_field("error_formation"),
      find_field("total_frobenius"), find_field("matmuls"), find_field("overflows")};
  return list;
}
enum Position : std::size_t { frobenius, growth, dead_growth, error_forming, total_frobenius, matmuls, overflows };

TrialNumbers trial(Status status, double value) {
  TrialNumbers numbers{status, {}, {}, std::vector<double>(fields().size(), value)};
  if (status == Status::ok) numbers.fit = Fit::fit;
  if (status == Status::nonfinite) numbers.fit = Fit::nonfinite;
  return numbers;
}

// A result that is not finite is infinitely wrong; what explains it has its own value: growth, the formation's error.
TEST(TrialStatistics, a_result_that_is_not_finite_is_infinitely_wrong) {
  Spool spool;
  TrialStatistics statistics(fields());
  for (const double value : {5.0, 1.0, 4.0}) statistics.add(trial(Status::ok, value), spool);
  statistics.add(trial(Status::nonfinite, 1000), spool);
  for (const Position field : {frobenius, total_frobenius}) {
    EXPECT_EQ(statistics.distribution(field, spool).count, 4u);
    EXPECT_EQ(statistics.distribution(field, spool).median, 4.5);
    EXPECT_EQ(statistics.distribution(field, spool).worst, HUGE_VAL);
  }
  for (const Position field : {growth, dead_growth, error_forming}) {
    EXPECT_EQ(statistics.distribution(field, spool).count, 4u);
    EXPECT_EQ(statistics.distribution(field, spool).median, 4.5);
    EXPECT_EQ(statistics.distribution(field, spool).worst, 1000);
  }
}

TEST(TrialStatistics, a_trial_without_a_number_counts_nowhere) {
  Spool spool;
  TrialStatistics statistics(fields());
  statistics.add(trial(Status::ok, nan), spool);
  statistics.add(trial(Status::ok, 3), spool);
  statistics.add(trial(Status::failed, nan), spool);
  for (const Position field : {frobenius, growth}) {
    EXPECT_EQ(statistics.distribution(field, spool).count, 1u);
    EXPECT_EQ(statistics.distribution(field, spool).worst, 3);
  }
}

TEST(TrialStatistics, costs_are_of_the_costliest_trial_and_events_add_up) {
  Spool spool;
  TrialStatistics statistics(fields());
  EXPECT_TRUE(std::isnan(statistics.count(matmuls)));
  EXPECT_TRUE(std::isnan(statistics.count(overflows)));
  statistics.add(trial(Status::failed, nan), spool);
  EXPECT_TRUE(std::isnan(statistics.count(overflows)));
  statistics.add(trial(Status::ok, 2), spool);
  statistics.add(trial(Status::nonfinite, 7), spool);
  statistics.add(trial(Status::ok, 3), spool);
  EXPECT_EQ(statistics.count(matmuls), 7);
  EXPECT_EQ(statistics.count(overflows), 12);
}

// 10 of 16 results are not finite: no statistic is that of the six others.
TEST(TrialStatistics, a_median_is_never_that_of_the_survivors) {
  Spool spool;
  TrialStatistics statistics(fields());
  for (int k = 0; k < 6; ++k) statistics.add(trial(Status::ok, 0), spool);
  for (int k = 0; k < 10; ++k) statistics.add(trial(Status::nonfinite, 4.7e8), spool);
  EXPECT_EQ(statistics.distribution(frobenius, spool).median, HUGE_VAL);
  EXPECT_EQ(statistics.distribution(growth, spool).median, 4.7e8);
}

TEST(TrialStatistics, trivial_inputs_are_counted_and_left_out) {
  Spool spool;
  TrialStatistics statistics(fields());
  for (const double value : {3.0, 5.0}) statistics.add(trial(Status::ok, value), spool);
  TrialNumbers numbers = trial(Status::ok, 1e-56);
  numbers.fit = Fit::trivial;
  for (int k = 0; k < 3; ++k) statistics.add(numbers, spool);
  EXPECT_EQ(statistics.trivial, 3);
  EXPECT_EQ(statistics.judged(), 2);
  for (const Position field : {frobenius, growth}) {
    EXPECT_EQ(statistics.distribution(field, spool).count, 2u);
    EXPECT_EQ(statistics.distribution(field, spool).median, 4);
  }
}

TEST(TrialStatistics, counts_trials_by_status_and_by_both_statements) {
  Spool spool;
  TrialStatistics statistics(fields());
  const std::pair<ForFormat, Fit> judged[] = {{ForFormat::normal, Fit::fit},     {ForFormat::normal, Fit::unfit},
                                              {ForFormat::normal, Fit::fit},     {ForFormat::excessive, Fit::fit},
                                              {ForFormat::high, Fit::unfit},     {ForFormat::high, Fit::fit},
                                              {ForFormat::trivial, Fit::trivial}};
  for (const auto& [format, fit] : judged) {
    TrialNumbers numbers = trial(Status::ok, 1);
    numbers.for_format = format;
    numbers.fit = fit;
    statistics.add(numbers, spool);
  }
  for (int k = 0; k < 4; ++k) statistics.add(trial(Status::nonfinite, 1), spool);
  for (int k = 0; k < 5; ++k) statistics.add(trial(Status::failed, nan), spool);
  EXPECT_EQ(statistics.trials, 16);
  EXPECT_EQ(statistics.fit, 4);
  EXPECT_EQ(statistics.unfit, 2);
  EXPECT_EQ(statistics.trivial, 1);
  EXPECT_EQ(statistics.normal, 3);
  EXPECT_EQ(statistics.high, 2);
  EXPECT_EQ(statistics.excessive, 1);
  EXPECT_EQ(statistics.nonfinite, 4);
  EXPECT_EQ(statistics.failed, 5);
  EXPECT_EQ(statistics.lost(), 9);
}

TEST(TrialStatistics, keeps_the_value_of_every_trial_in_their_order) {
  Spool spool;
  TrialStatistics statistics(fields());
  constexpr int trials = 2000;  // beyond what a list keeps in memory
  for (int k = 0; k < trials; ++k) statistics.add(trial(k % 7 == 0 ? Status::nonfinite : Status::ok, k), spool);
  const std::vector<double> all = statistics.counted_values(frobenius, spool);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(trials));
  for (int k = 0; k < trials; ++k) EXPECT_EQ(all[static_cast<std::size_t>(k)], k % 7 == 0 ? infinity : k);
}

TEST(TrialStatistics, values_of_trivial_inputs_and_of_no_answers_do_not_count) {
  Spool spool;
  TrialStatistics statistics(fields());
  TrialNumbers trivial = trial(Status::ok, 1e-60);
  trivial.fit = Fit::trivial;
  statistics.add(trivial, spool);
  statistics.add(trial(Status::failed, nan), spool);
  statistics.add(trial(Status::ok, 0.5), spool);
  const std::vector<double> values = statistics.counted_values(frobenius, spool);
  ASSERT_EQ(values.size(), 3u);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_EQ(values[2], 0.5);
}

TEST(TrialNumbers, of_a_record_are_ranked) {
  Record record;
  record.metrics.set(Metric::frobenius, 0);
  record.metrics.set_undefined(Metric::snr_db, Undefined::exact_result);
  record.metrics.set_undefined(Metric::strict_lower, Undefined::zero_over_zero);
  record.growth = 3;
  const std::vector<const Field*> some{find_field("growth"), find_field("snr_db"), find_field("strict_lower"),
                                       find_field("frobenius")};
  const TrialNumbers numbers = trial_numbers({}, record, some);
  EXPECT_EQ(numbers.values[0], 3);
  EXPECT_EQ(numbers.values[1], infinity);
  EXPECT_TRUE(std::isnan(numbers.values[2]));
  EXPECT_EQ(numbers.values[3], 0);
  record.status = Status::failed;
  for (const double value : trial_numbers({}, record, some).values) EXPECT_TRUE(std::isnan(value));
}

}  // namespace tristab::trial_statistics_test
