#include "tristab/metric/verdict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace tristab {
namespace {

MetricValues with(double frobenius, double strict_lower, double bound_ratio) {
  MetricValues values;
  values.set(Metric::frobenius, frobenius);
  values.set(Metric::strict_lower, strict_lower);
  values.set(Metric::bound_ratio, bound_ratio);
  values.set(Metric::nonfinite, 0);
  return values;
}

// results/README.md says how the data were made.
TEST(Verdict, limits_follow_from_the_committed_calibration) {
  std::ifstream data(TRISTAB_SOURCE_DIR "/results/verdict-calibration.csv");
  ASSERT_TRUE(data.is_open());
  std::string line;
  std::getline(data, line);
  ASSERT_EQ(line, "method,arithmetic,n,cases,bound_ratio_median,bound_ratio_max");
  double largest = 0;
  int rows = 0;
  while (std::getline(data, line)) {
    EXPECT_NE(line.find("substitution"), line.find("column-sweep")) << line;  // one of them is there
    EXPECT_EQ(line.find(",int"), std::string::npos) << line;
    largest = std::max(largest, std::stod(line.substr(line.rfind(',') + 1)));
    ++rows;
  }
  EXPECT_GT(rows, 200);
  EXPECT_EQ(pass_limit, std::ceil(1.25 * largest));
  EXPECT_EQ(marginal_limit, 10 * pass_limit);
}

TEST(Verdict, limits_are_closed_from_below) {
  EXPECT_EQ(judge(with(1e-3, 1e-3, pass_limit)), Verdict::pass);
  EXPECT_EQ(judge(with(1e-3, 1e-3, pass_limit * (1 + 1e-15))), Verdict::marginal);
  EXPECT_EQ(judge(with(1e-3, 1e-3, marginal_limit)), Verdict::marginal);
  EXPECT_EQ(judge(with(1e-3, 1e-3, marginal_limit * (1 + 1e-15))), Verdict::fail);
}

TEST(Verdict, wrong_strictly_lower_triangle_fails_however_large_the_bound) {
  EXPECT_EQ(judge(with(0.05, strict_lower_limit, 0.5)), Verdict::pass);
  EXPECT_EQ(judge(with(0.05, 0.11, 0.5)), Verdict::fail);
}

TEST(Verdict, exact_result_passes_even_without_a_bound) {
  MetricValues values = with(0, 0, 0);
  values.set_undefined(Metric::bound_ratio, Undefined::zero_over_zero);
  values.set_undefined(Metric::strict_lower, Undefined::zero_over_zero);
  EXPECT_EQ(judge(values), Verdict::pass);
}

TEST(Verdict, any_error_fails_where_there_should_be_none) {
  MetricValues values = with(1e-9, 1e-9, 0);
  values.set_undefined(Metric::bound_ratio, Undefined::exact_zero);
  EXPECT_EQ(judge(values), Verdict::fail);
}

TEST(Verdict, non_finite_results_come_first) {
  MetricValues values = with(0, 0, 0);
  values.set(Metric::nonfinite, 1);
  EXPECT_EQ(judge(values), Verdict::nonfinite);
}

TEST(Verdict, names_are_those_of_the_result_file) {
  EXPECT_EQ(verdict_name(Verdict::pass), "pass");
  EXPECT_EQ(verdict_name(Verdict::marginal), "marginal");
  EXPECT_EQ(verdict_name(Verdict::fail), "fail");
  EXPECT_EQ(verdict_name(Verdict::nonfinite), "nonfinite");
}

}  // namespace
}  // namespace tristab
