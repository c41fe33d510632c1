#include "tristab/sweep/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::plan_test {

SweepConfig config_of(const Json& families, const Json& chunks) {
  const Json json{{"families", families},
                  {"chunks", chunks},
                  {"trials", 3},
                  {"methods", {"mbh", "mch"}},
                  {"arithmetics", {"fp16", "bf16", "fp32"}}};
  return make_config(json, {}, "test", TRISTAB_TEST_DATA, "test");
}

Json slice_family() { return Json{{"family", "file"}, {"path", "gdn-slice.safetensors"}, {"layer", "layer6"}}; }

TEST(Plan, counts_matrices_of_random_deterministic_and_file_families) {
  const SweepConfig config =
      config_of(Json::array({"ones", Json{{"family", "uniform"}, {"scale", {0.1, 0.5}}}, slice_family()}), {16, 64});
  const Plan plan = make_plan(config);
  // ones: 1 a size; uniform: 2 settings x 3 trials a size; the slice: 128 tokens, 2 heads
  EXPECT_EQ(plan.matrices, 2 * 1 + 2 * 2 * 3 + 2 * (128 / 16 + 128 / 64));
  EXPECT_EQ(plan.cases, plan.matrices * 2 * 3);
  ASSERT_EQ(plan.groups.size(), 8u);
  EXPECT_EQ(plan.groups[0].n, 16);  // families first, then sizes
  EXPECT_EQ(plan.groups[1].n, 64);
  EXPECT_EQ(plan.groups[1].family, &config.scenarios[0].families[0]);
  EXPECT_EQ(plan.groups[2].family, &config.scenarios[0].families[1]);
}

TEST(Plan, a_missing_file_is_an_input_error_that_names_the_place) {
  const Json missing{{"family", "file"}, {"path", "missing.npy"}};
  try {
    make_plan(config_of(Json::array({"ones", missing}), 64));
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("test: families[1]"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("missing.npy"), std::string::npos) << error.what();
  }
}

TEST(Plan, case_ids_tell_all_parameters_apart) {
  const SweepConfig config = make_config(Json{{"families", {"ones"}},
                                              {"methods", {Json{{"method", "mxr"}, {"block", {8, 16}}}, "mbh"}},
                                              {"arithmetics", {"fp16", Json{{"arithmetic", "fp16"}, {"fma", true}}}}},
                                         {}, "test", "", "test");
  std::vector<std::string> ids;
  for (const Setting& setting : config.scenarios[0].settings(64)) ids.push_back(case_id("m", setting));
  ASSERT_EQ(ids.size(), 6u);
  EXPECT_EQ(ids[0].substr(0, ids[0].rfind('/')), "m/mxr:block=8/fp16");
  EXPECT_EQ(ids[3].substr(0, ids[3].rfind('/')), "m/mxr/fp16:fma=true");
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace tristab::plan_test
