#include "tristab/metric/metric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>

namespace tristab {
namespace {

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
       {"max_abs", "max_rel", "nonzero_at_zero", "normwise_1", "normwise_inf", "normwise_2", "rms_ratio",
        "snr_db", "pearson", "cosine", "max_ulp", "residual_left", "residual_left_inf", "residual_right",
        "residual_right_inf", "backward_normwise", "backward_componentwise", "backward_exact"}) {
    EXPECT_TRUE(names.contains(name)) << name;
    EXPECT_TRUE(names.contains(std::string(name) + "_strict_lower")) << name;
  }
  EXPECT_TRUE(names.contains("frobenius") && names.contains("strict_lower"));
}

TEST(MetricValues, ratios_without_a_denominator_say_why) {
  MetricValues values;
  values.set_ratio(Metric::frobenius, 3, 4);
  EXPECT_EQ(values[Metric::frobenius], 0.75);
  EXPECT_EQ(values.undefined(Metric::frobenius), nullptr);
  values.set_ratio(Metric::frobenius, 0, 0);
  EXPECT_TRUE(std::isnan(values[Metric::frobenius]));
  EXPECT_STREQ(values.undefined(Metric::frobenius), "0/0");
  values.set_ratio(Metric::frobenius, 1, 0);
  EXPECT_STREQ(values.undefined(Metric::frobenius), "infinite: the exact value is 0");
  values.set(Metric::max_rel, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(values[Metric::max_rel]));
  EXPECT_STREQ(values.undefined(Metric::max_rel), "beyond the range of double");
}

}  // namespace
}  // namespace tristab
