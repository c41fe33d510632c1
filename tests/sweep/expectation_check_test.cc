#include "tristab/sweep/expectation_check.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/field.h"

namespace tristab::expectation_check_test {

Json config_json(const Json& expectations) {
  return Json{{"families", {"uniform"}}, {"chunks", {16}},          {"trials", 4},
              {"methods", {"mbh"}},      {"arithmetics", {"fp16"}}, {"expect", expectations}};
}

Record record_of(const Scenario& scenario, double value, Status status) {
  Record record;
  record.setting = scenario.settings(16).front();
  record.status = status;
  if (status == Status::ok) record.fit = value > 1 ? Fit::unfit : Fit::fit;
  if (status == Status::ok) record.for_format = value > 1 ? ForFormat::excessive : ForFormat::normal;
  if (status == Status::nonfinite) record.fit = Fit::nonfinite;
  for (const MetricInfo& info : metrics()) {
    if (status == Status::ok) {
      record.metrics.set(info.metric, value);
    } else {
      record.metrics.set_undefined(info.metric, Undefined::nonfinite_result);
    }
  }
  record.metrics.set(Metric::nonfinite, status == Status::nonfinite ? 5 : 0);
  return record;
}

struct Trial {
  double value = 0;
  Status status = Status::ok;
};

// The outcome of one expectation about these trials.
ExpectationOutcome outcome_of(const char* metric, const char* statistic, const std::vector<Trial>& trials) {
  Json expectation{{"statistic", statistic}, {"at_least", 0}};
  if (metric != nullptr) expectation["metric"] = metric;
  // Outcomes point into it.
  static std::vector<std::unique_ptr<SweepConfig>> configs;
  configs.push_back(
      std::make_unique<SweepConfig>(make_config(config_json(Json::array({expectation})), {}, "test", "", "test")));
  const SweepConfig& config = *configs.back();
  const Plan plan = make_plan(config);
  ExpectationChecker checker(plan);
  for (const Trial& trial : trials) {
    MatrixResult result;
    result.group = 0;
    result.input = plan.groups[0].input();
    result.records.push_back(record_of(config.scenarios.front(), trial.value, trial.status));
    checker.add(result);
  }
  const std::vector<ExpectationOutcome> outcomes = checker.finish();
  EXPECT_EQ(outcomes.size(), 1u);
  return outcomes.front();
}

const std::vector<Trial> finite{{4}, {1}, {3}, {2}};
const std::vector<Trial> with_nan{{4}, {1}, {0, Status::nonfinite}, {2}};

TEST(ExpectationCheck, statistics_of_finite_trials) {
  EXPECT_EQ(outcome_of("frobenius", "median", finite).found, 2.5);
  EXPECT_EQ(outcome_of("frobenius", "mean", finite).found, 2.5);
  EXPECT_EQ(outcome_of("frobenius", "min", finite).found, 1);
  EXPECT_EQ(outcome_of("frobenius", "max", finite).found, 4);
  EXPECT_DOUBLE_EQ(outcome_of("frobenius", "p95", finite).found, 3.85);
  EXPECT_DOUBLE_EQ(outcome_of("frobenius", "p5", finite).found, 1.15);
  EXPECT_EQ(outcome_of("frobenius", "fraction_above:2", finite).found, 0.5);
  EXPECT_EQ(outcome_of("frobenius", "fraction_below:2", finite).found, 0.25);
  EXPECT_EQ(outcome_of("frobenius", "median", finite).trials, 4);
  EXPECT_EQ(outcome_of("frobenius", "median", finite).without_value, 0);
}

TEST(ExpectationCheck, a_trial_without_a_value_counts_as_infinitely_bad) {
  EXPECT_EQ(outcome_of("frobenius", "max", with_nan).found, infinity);
  EXPECT_EQ(outcome_of("frobenius", "mean", with_nan).found, infinity);
  EXPECT_EQ(outcome_of("frobenius", "median", with_nan).found, 3);  // of 1, 2, 4, infinity
  EXPECT_EQ(outcome_of("frobenius", "min", with_nan).found, 1);
  EXPECT_EQ(outcome_of("frobenius", "fraction_above:2", with_nan).found, 0.5);
  EXPECT_EQ(outcome_of("frobenius", "max", with_nan).without_value, 1);
  // Where larger is better, the other way round.
  EXPECT_EQ(outcome_of("pearson", "min", with_nan).found, -infinity);
  EXPECT_EQ(outcome_of("pearson", "median", with_nan).found, 1.5);  // of -infinity, 1, 2, 4
  EXPECT_EQ(outcome_of("pearson", "p5", with_nan).found, -infinity);
  const std::vector<Trial> failed{{0, Status::failed}};
  EXPECT_EQ(outcome_of("frobenius", "median", failed).found, infinity);
  EXPECT_EQ(outcome_of("snr_db", "median", failed).found, -infinity);
}

TEST(ExpectationCheck, counts_of_trials_and_of_entries) {
  const std::vector<Trial> trials{{4}, {0.5}, {0, Status::nonfinite}, {0, Status::failed}, {0.25}};
  EXPECT_EQ(outcome_of(nullptr, "trials", trials).found, 5);
  EXPECT_EQ(outcome_of(nullptr, "nonfinite_trials", trials).found, 1);
  EXPECT_EQ(outcome_of(nullptr, "failed_trials", trials).found, 1);
  EXPECT_EQ(outcome_of(nullptr, "fit", trials).found, 2);
  EXPECT_EQ(outcome_of(nullptr, "unfit", trials).found, 1);
  EXPECT_EQ(outcome_of(nullptr, "trivial", trials).found, 0);
  EXPECT_EQ(outcome_of(nullptr, "normal", trials).found, 2);
  EXPECT_EQ(outcome_of(nullptr, "high", trials).found, 0);
  EXPECT_EQ(outcome_of(nullptr, "excessive", trials).found, 1);
  EXPECT_EQ(outcome_of("nonfinite", "fraction_above:0", with_nan).found, 0.25);  // it has this value
}

TEST(ExpectationCheck, an_expectation_holds_for_every_group_that_it_selects) {
  Json json = config_json(Json::array({Json{{"statistic", "trials"}, {"equals", 4}}}));
  json["chunks"] = {16, 32};
  json["methods"] = {"mbh", "mch"};
  const SweepConfig config = make_config(json, {}, "test", "", "test");
  const Plan plan = make_plan(config);
  ASSERT_EQ(plan.groups.size(), 2u);
  const auto record = [&](Status status) { return record_of(config.scenarios.front(), 1, status); };
  ExpectationChecker checker(plan);
  for (std::size_t group = 0; group < 2; ++group) {
    MatrixResult result;
    result.group = group;
    result.records = {record(Status::ok), record(Status::ok)};
    checker.add(result);
  }
  const std::vector<ExpectationOutcome> outcomes = checker.finish();
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].input.n, 16);
  EXPECT_EQ(outcomes[3].input.n, 32);
  EXPECT_EQ(outcomes[3].setting.method, &config.scenarios.front().methods[1]);
  for (const ExpectationOutcome& outcome : outcomes) EXPECT_FALSE(outcome.met);  // one trial each
}

TEST(ExpectationCheck, a_selection_of_nothing_is_refused_with_what_there_is) {
  const auto message_of = [](const Json& selection) {
    Json expectation{{"statistic", "trials"}, {"at_least", 1}};
    expectation.update(selection);
    try {
      make_plan(make_config(config_json(Json::array({expectation})), {}, "test", "", "test"));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message_of({{"method", "mbj"}}),
            "test: expect[0].method: no method of the sweep is called 'mbj'; did you mean 'mbh'? Allowed: mbh");
  EXPECT_NE(message_of({{"kernel", "aiter-v1"}}).find("no kernel of the sweep is called 'aiter-v1'"),
            std::string::npos);
  EXPECT_EQ(message_of({{"n", 64}}),
            "test: expect[0]: found a selection that fits no case; allowed: one that fits some of the sweep's cases "
            "(mbh fp16 on uniform n=16)");
  EXPECT_EQ(message_of({{"n", 16}}), "");
}

}  // namespace tristab::expectation_check_test
