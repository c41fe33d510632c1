#include "tristab/metric/metric_explanation.h"

#include <gtest/gtest.h>

namespace tristab {
namespace {

TEST(MetricExplanation, every_metric_says_what_it_shows_and_hides) {
  for (const MetricInfo& metric : metrics()) {
    const MetricExplanation& text = explain(metric.metric);
    for (const std::string_view part : {text.range, text.shows, text.hides, text.undefined})
      EXPECT_FALSE(part.empty()) << metric.name;
  }
}

TEST(MetricExplanation, metrics_of_the_triangle_are_explained_by_those_of_the_whole) {
  EXPECT_EQ(whole_metric(Metric::snr_db_strict_lower), Metric::snr_db);
  EXPECT_EQ(whole_metric(Metric::residual_right_inf_strict_lower), Metric::residual_right_inf);
  EXPECT_EQ(whole_metric(Metric::strict_lower), Metric::strict_lower);
  EXPECT_EQ(whole_metric(Metric::bound), Metric::bound);
  EXPECT_EQ(&explain(Metric::pearson_strict_lower), &explain(Metric::pearson));
}

TEST(MetricExplanation, frobenius_tells_of_the_diagonal_that_hides_errors) {
  EXPECT_NE(explain(Metric::frobenius).hides.find("diagonal"), std::string_view::npos);
}

}  // namespace
}  // namespace tristab
