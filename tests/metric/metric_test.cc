#include "tristab/metric/metric.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>

namespace tristab::metric_test {

TEST(MetricRegistry, names_are_unique_and_positions_are_the_enumeration) {
  std::set<std::string_view> names;
  std::size_t position = 0;
  for (const MetricInfo& info : metrics()) {
    EXPECT_EQ(static_cast<std::size_t>(info.metric), position++);
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.formula.empty()) << info.name;
    EXPECT_FALSE(info.source.empty()) << info.name;
  }
  EXPECT_EQ(position, metric_count);
}

TEST(MetricRegistry, every_error_metric_has_a_strictly_lower_sister) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : metrics()) names.insert(info.name);
  for (const char* name :
       {"max_abs", "max_rel", "nonzero_at_zero", "normwise_1", "normwise_inf", "normwise_2", "rms_ratio", "snr_db",
        "pearson", "cosine", "max_ulp", "residual_left", "residual_left_inf", "residual_right", "residual_right_inf",
        "backward_normwise", "backward_componentwise", "backward_exact"}) {
    EXPECT_TRUE(names.contains(name)) << name;
    EXPECT_TRUE(names.contains(std::string(name) + "_strict_lower")) << name;
  }
  EXPECT_TRUE(names.contains("frobenius") && names.contains("strict_lower"));
}

const MetricInfo& info_of(Metric metric) { return metrics()[static_cast<std::size_t>(metric)]; }

TEST(MetricRegistry, every_metric_says_what_it_shows_and_hides) {
  for (const MetricInfo& info : metrics()) {
    for (const std::string_view part : {info.range, info.shows, info.hides, info.undefined})
      EXPECT_FALSE(part.empty()) << info.name;
  }
}

TEST(MetricRegistry, metrics_of_the_triangle_are_explained_by_the_whole) {
  EXPECT_EQ(info_of(Metric::snr_db_strict_lower).whole, "snr_db");
  EXPECT_EQ(info_of(Metric::residual_right_inf_strict_lower).whole, "residual_right_inf");
  EXPECT_EQ(info_of(Metric::strict_lower).whole, "");  // it hides other things than frobenius
  EXPECT_EQ(info_of(Metric::bound).whole, "");
  for (const MetricInfo& info : metrics()) {
    if (info.whole.empty()) continue;
    EXPECT_EQ(info.name, info.whole + "_strict_lower");
    const auto found = std::ranges::find(metrics(), info.whole, &MetricInfo::name);
    ASSERT_NE(found, metrics().end()) << info.name;
    EXPECT_EQ(found->range, info.range) << info.name;
    EXPECT_EQ(found->shows, info.shows) << info.name;
    EXPECT_EQ(found->hides, info.hides) << info.name;
    EXPECT_EQ(found->undefined, info.undefined) << info.name;
    EXPECT_EQ(found->larger_is_better, info.larger_is_better) << info.name;
    EXPECT_EQ(found->is_count, info.is_count) << info.name;
    EXPECT_EQ(found->decibels, info.decibels) << info.name;
  }
}

TEST(MetricRegistry, frobenius_tells_of_the_diagonal_that_hides_errors) {
  EXPECT_NE(info_of(Metric::frobenius).hides.find("diagonal"), std::string_view::npos);
}

// Signal-to-noise ratios and correlations.
TEST(MetricRegistry, larger_is_better_for_similarities_alone) {
  for (const MetricInfo& info : metrics()) {
    const bool decibels = info.name.starts_with("snr_db");
    const bool similarity = decibels || info.name.starts_with("pearson") || info.name.starts_with("cosine");
    EXPECT_EQ(info.larger_is_better, similarity) << info.name;
    EXPECT_EQ(info.decibels, decibels) << info.name;
  }
}

// The bounds that the schema of results gives.
TEST(MetricRegistry, ranges_of_values_are_those_of_the_definitions) {
  for (const MetricInfo& info : metrics()) {
    const bool correlation = info.name.starts_with("pearson") || info.name.starts_with("cosine");
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(info.minimum, correlation ? -1 : info.decibels ? -infinity : 0) << info.name;
    EXPECT_EQ(info.maximum, correlation ? 1 : infinity) << info.name;
  }
}

TEST(MetricRegistry, errors_have_statistics_over_finite_trials_counts_none) {
  for (const MetricInfo& info : metrics())
    EXPECT_EQ(info.aggregate, info.is_count ? Aggregate::none : Aggregate::judged_trials) << info.name;
}

TEST(MetricValues, ratios_without_a_denominator_say_why) {
  MetricValues values;
  values.set_ratio(Metric::frobenius, 3, 4);
  EXPECT_EQ(values[Metric::frobenius], 0.75);
  EXPECT_EQ(values.undefined(Metric::frobenius), Undefined::no);
  values.set_ratio(Metric::frobenius, 0, 0);
  EXPECT_TRUE(std::isnan(values[Metric::frobenius]));
  EXPECT_EQ(values.undefined(Metric::frobenius), Undefined::zero_over_zero);
  values.set_ratio(Metric::frobenius, 1, 0);
  EXPECT_EQ(values.undefined(Metric::frobenius), Undefined::exact_zero);
  values.set(Metric::max_rel, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(values[Metric::max_rel]));
  EXPECT_EQ(values.undefined(Metric::max_rel), Undefined::beyond_double);
}

}  // namespace tristab::metric_test
