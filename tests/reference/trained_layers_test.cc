// The condition report against what was published of the trained models in the shared data, computed there
// by other means.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "support/shared_data.h"
#include "tristab/base/json.h"
#include "tristab/matrix/source.h"
#include "tristab/reference/condition.h"
#include "tristab/reference/inverse.h"

namespace tristab::trained_layers_test {

struct Published {
  const char* model;
  double median_layer0, median_layer6, worst, inverse_max_abs;
  double worst_unit;  // of the last printed digit
};

class TrainedLayers : public ::testing::TestWithParam<Published> {};

TEST_P(TrainedLayers, condition_numbers_are_the_published_ones) {
  const Published& published = GetParam();
  const std::string file = std::string(published.model) + ".safetensors";
  const std::filesystem::path data = shared_data(("models/" + file).c_str());
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with models/" << file;
  const std::filesystem::path directory = data / "models";
  double worst = 0, inverse_max_abs = 0;
  for (const auto& [layer, median] :
       {std::pair("layer0", published.median_layer0), std::pair("layer6", published.median_layer6)}) {
    const auto specs = expand_family(Json{{"family", "file"}, {"path", file}, {"layer", layer}}, "test");
    ASSERT_EQ(specs.size(), 1u);
    const auto source = open_source(specs.front(), 1, 1, directory, "test");
    std::vector<double> conditions;
    for (int index = 0; index < source->count(64); ++index) {
      const Problem problem = source->problem(64, index);
      const ConditionReport report = report_condition(problem.a, invert_reference(problem.a));
      conditions.push_back(report.cond_2);
      inverse_max_abs = std::max(inverse_max_abs, report.inverse_max_abs);
    }
    ASSERT_EQ(conditions.size(), 32u);  // 4 heads of 512 tokens
    std::sort(conditions.begin(), conditions.end());
    EXPECT_NEAR((conditions[15] + conditions[16]) / 2, median, 0.0501) << layer;
    worst = std::max(worst, conditions.back());
  }
  EXPECT_NEAR(worst, published.worst, 0.501 * published.worst_unit);
  EXPECT_NEAR(inverse_max_abs, published.inverse_max_abs, 0.00501);
}

INSTANTIATE_TEST_SUITE_P(Models, TrainedLayers,
                         ::testing::Values(Published{"gdn", 6.3, 11.1, 16.9, 1.00, 0.1},
                                           Published{"gdnneg", 8.1, 12.4, 64, 1.54, 1},
                                           Published{"deltanet", 6.2, 14.0, 25, 1.00, 1},
                                           Published{"kda", 4.6, 7.1, 14.8, 1.00, 0.1}),
                         [](const auto& test) { return std::string(test.param.model); });

}  // namespace tristab::trained_layers_test
