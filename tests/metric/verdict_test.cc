#include "tristab/metric/verdict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

namespace tristab::verdict_test {

MetricValues with(double frobenius, double bound_ratio) {
  MetricValues values;
  values.set(Metric::frobenius, frobenius);
  values.set(Metric::bound_ratio, bound_ratio);
  values.set(Metric::nonfinite, 0);
  return values;
}

ForFormat judged(double bound_ratio, bool integers = false) {
  return judge_for_format(with(1e-3, bound_ratio), integers, false);
}

// results/README.md says how the data were made.
TEST(ForFormat, limits_follow_from_the_committed_calibration) {
  std::ifstream data(TRISTAB_SOURCE_DIR "/results/verdict-calibration.csv");
  ASSERT_TRUE(data.is_open());
  std::string line;
  std::getline(data, line);
  ASSERT_EQ(line, "method,arithmetic,n,cases,bound_ratio_median,bound_ratio_max");
  double floating = 0, integer = 0;
  int rows = 0;
  while (std::getline(data, line)) {
    EXPECT_NE(line.find("substitution"), line.find("column-sweep")) << line;  // one of them is there
    double& largest = line.find(",int") == std::string::npos ? floating : integer;
    largest = std::max(largest, std::stod(line.substr(line.rfind(',') + 1)));
    ++rows;
  }
  EXPECT_GT(rows, 300);
  EXPECT_EQ(normal_limit_floating, std::ceil(1.25 * floating));
  EXPECT_EQ(normal_limit_integer, std::ceil(1.25 * integer));
}

TEST(ForFormat, limits_are_closed_from_below) {
  for (const bool integers : {false, true}) {
    const double limit = integers ? normal_limit_integer : normal_limit_floating;
    EXPECT_EQ(judged(limit, integers), ForFormat::normal);
    EXPECT_EQ(judged(limit * (1 + 1e-15), integers), ForFormat::high);
    EXPECT_EQ(judged(high_factor * limit, integers), ForFormat::high);
    EXPECT_EQ(judged(high_factor * limit * (1 + 1e-15), integers), ForFormat::excessive);
  }
}

TEST(ForFormat, an_exact_result_is_normal_even_without_a_bound) {
  MetricValues values = with(0, 0);
  values.set_undefined(Metric::bound_ratio, Undefined::zero_over_zero);
  EXPECT_EQ(judge_for_format(values, false, false), ForFormat::normal);
}

TEST(ForFormat, any_error_is_excessive_where_there_should_be_none) {
  MetricValues values = with(1e-9, 0);
  values.set_undefined(Metric::bound_ratio, Undefined::exact_zero);
  EXPECT_EQ(judge_for_format(values, false, false), ForFormat::excessive);
}

TEST(ForFormat, non_finite_results_come_first_then_trivial_inputs) {
  MetricValues values = with(1, 1e9);
  EXPECT_EQ(judge_for_format(values, false, true), ForFormat::trivial);
  values.set(Metric::nonfinite, 1);
  EXPECT_EQ(judge_for_format(values, false, true), ForFormat::nonfinite);
}

TEST(IsTrivial, up_to_the_results_roundoff_but_never_beyond_that_of_bf16) {
  EXPECT_TRUE(is_trivial(0x1p-24, 1, 0x1p-24));
  EXPECT_FALSE(is_trivial(0x1.1p-24, 1, 0x1p-24));
  EXPECT_TRUE(is_trivial(8 * 0x1p-11, 8, 0x1p-11));
  EXPECT_FALSE(is_trivial(0x1p-8, 1, 0x1p-3)) << "a coarse format makes no input trivial";
  EXPECT_TRUE(is_trivial(0, 1, 0x1p-53));
}

}  // namespace tristab::verdict_test
