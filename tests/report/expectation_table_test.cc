#include "tristab/report/expectation_table.h"

#include <gtest/gtest.h>

#include "small_sweep.h"

namespace tristab::expectation_table_test {

// Passes over everything but the outcomes.
class OutcomeSink : public ResultSink {
 public:
  SerializedRecords render(const MatrixResult&) const override { return {}; }
  void accept(const MatrixResult&, SerializedRecords) override {}
  std::string render_layer(const LayerResult&) const override { return {}; }
  void accept_layer(const LayerResult&, std::string) override {}
  void finish(const SweepReport& report) override { outcomes = report.expectations; }

  std::vector<ExpectationOutcome> outcomes;
};

TEST(ExpectationTable, tells_story_setting_bound_and_what_was_found) {
  const SweepConfig config = scenarios_config();
  const Plan plan = make_plan(config);
  OutcomeSink sink;
  run_sweep(config, plan, {1, nullptr, {}}, sink);
  EXPECT_EQ(expectations_table(sink.outcomes),
            "second\n"
            "  what happened\n"
            "  [where]\n"
            "  input 1: ones, n = 32, 1 matrix\n"
            "setting      input  statistic         expected     found\n"
            "mch in fp16      1  max strict_lower      >= 1  infinite  met\n"
            "mbh in fp16      1  unfit                  = 0         0  met\n"
            "  test: scenarios[1]: expect[0]: 1 of 1 trials have no strict_lower and count as infinitely bad\n"
            "\n"
            "2 of 2 expectations met\n");
}

TEST(ExpectationTable, explains_what_is_not_met) {
  SweepConfig config = scenarios_config();
  Expectation& expectation = config.scenarios[1].expectations[0];
  expectation.at_least.reset();
  expectation.at_most = 0.5;
  const Plan plan = make_plan(config);
  OutcomeSink sink;
  run_sweep(config, plan, {1, nullptr, {}}, sink);
  const std::string text = expectations_table(sink.outcomes);
  EXPECT_NE(text.find("<= 0.5  infinite  NOT MET\n"), std::string::npos) << text;
  EXPECT_NE(
      text.find("  test: scenarios[1]: expect[0]: 1 of 1 trials have no strict_lower and count as infinitely bad\n"
                "  test: scenarios[1]: expect[0]: expected because: overflow\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("1 of 2 expectations met\n"), std::string::npos) << text;
}

}  // namespace tristab::expectation_table_test
