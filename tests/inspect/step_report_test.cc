// What a step is recognised as, and what is said of its numbers.
#include "tristab/inspect/step_report.h"

#include <algorithm>
#include <cmath>

#include "inspected.h"

namespace tristab::step_report_test {

const Json silu{{"family", "gdn"}, {"keys", "silu"}};

std::vector<std::string> names_of(const Inspected& each) {
  std::vector<std::string> names;
  for (const StepReport& step : each.inspection.steps) names.push_back(step.what);
  return names;
}

TEST(StepReport, powers_and_sums_of_doubling_are_recognised) {
  const auto each = inspected(case_json(silu, 64, "mch", "bf16"));
  EXPECT_EQ(names_of(*each), (std::vector<std::string>{"I - A", "A^2", "series to A^3", "A^4", "series to A^7", "A^8",
                                                       "series to A^15", "A^16", "series to A^31", "A^32", "X"}));
}

TEST(StepReport, blocks_and_rows_of_the_inverse_are_recognised) {
  const std::vector<std::string> rows = names_of(*inspected(case_json(silu, 16, "row-substitution", "bf16")));
  ASSERT_EQ(rows.size(), 15U);
  for (std::size_t k = 0; k < rows.size(); ++k) EXPECT_EQ(rows[k], "row " + std::to_string(k + 1) + " of X");
  const std::vector<std::string> blocks = names_of(*inspected(
      case_json(silu, 64, {{"method", "blocked-substitution"}, {"merge", "doubling"}, {"block", 16}}, "fp16")));
  EXPECT_TRUE(std::ranges::any_of(blocks, [](const std::string& name) {
    return name.starts_with("-X, 16 x 16 at (16, 0)") || name.starts_with("X, 16 x 16 at (16, 0)");
  }));
}

TEST(StepReport, sizes_are_those_of_the_exact_powers) {
  const auto each = inspected(case_json(silu, 64, "mch", "fp64"));
  const std::vector<double>& powers = each->inspection.matrix.condition->power_max;
  for (const StepReport& step : each->inspection.steps) {
    for (std::size_t k = 1; k < powers.size(); ++k) {
      if (step.what == "A^" + std::to_string(1 << k)) {
        EXPECT_NEAR(step.largest / powers[k], 1, 1e-9) << step.what;
      }
    }
    EXPECT_LT(step.error, 1e-6) << step.what;
  }
}

TEST(StepReport, overflow_is_an_event_and_so_is_coming_near_it) {
  const auto over = inspected(case_json({{"family", "uniform"}, {"scale", 0.5}}, 128, "mch", "fp16"));
  const auto first = std::ranges::find(over->inspection.steps, "overflow", &StepReport::event);
  ASSERT_NE(first, over->inspection.steps.end());
  EXPECT_EQ(first->stage, "powers");
  // A^4 of the all-ones matrix has entries up to C(62, 3) = 37,820, and fp16's largest number is 65,504.
  const auto near = inspected(case_json({{"family", "ones"}}, 64, "mch", "fp16"));
  const auto fourth = std::ranges::find(near->inspection.steps, "A^4", &StepReport::what);
  ASSERT_NE(fourth, near->inspection.steps.end());
  EXPECT_EQ(fourth->largest, 37820);
  EXPECT_EQ(fourth->event, "near overflow");
}

TEST(StepReport, cancellation_is_in_bits) {
  // I - A cancels nothing; the sums of a series with large powers cancel.
  const auto each = inspected(case_json({{"family", "gdn"}, {"gate", "none"}}, 64, "mch", "fp32"));
  EXPECT_EQ(each->inspection.steps.front().cancellation_bits, 0);
  EXPECT_GT(each->inspection.steps.back().cancellation_bits, 8);
}

TEST(StepReport, cost_grows_to_that_of_the_record) {
  const auto each = inspected(case_json(silu, 64, "mbh", "bf16"));
  EXPECT_EQ(each->inspection.steps.back().flops, each->inspection.record().trace.total().matmul_flops);
}

}  // namespace tristab::step_report_test
