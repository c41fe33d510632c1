#include "tristab/sweep/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/matrix/npy.h"

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

SweepConfig unsized(const Json& families, const ConfigOverrides& overrides = {}) {
  return make_config(Json{{"families", families}, {"methods", {"mbh"}}, {"arithmetics", {"fp16"}}, {"trials", 3}},
                     overrides, "test", "", "test");
}

TEST(Plan, files_of_matrices_bring_their_size) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("tristab-{}.npy", ::getpid());
  {
    const std::array<std::int64_t, 2> shape{128, 128};
    NpyFileWriter file(path.string(), Dtype::f64, shape);
    file.append(std::vector<double>(128 * 128, 0.0));
    file.commit();
  }
  const Json family{{"family", "file"}, {"path", path.string()}};
  const auto sizes = [](SweepConfig config) {
    settle_sizes(config);
    return config.scenarios.front().chunks;
  };
  EXPECT_EQ(sizes(unsized(Json::array({family}))), std::vector<int>{128});
  EXPECT_EQ(sizes(unsized(Json::array({family, "ones"}))), (std::vector<int>{64, 128}));
  EXPECT_EQ(sizes(unsized(Json::array({"ones"}))), std::vector<int>{64});
  EXPECT_EQ(sizes(unsized(Json::array({family}), {{"chunks", "64"}})), std::vector<int>{64});
  try {
    make_plan(unsized(Json::array({family}), {{"chunks", "32,64"}}));
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("found chunks of 32, 64 for file:path="), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("allowed: 128, the size of its matrices"), std::string::npos);
  }
  std::filesystem::remove(path);
}

TEST(Plan, one_trial_is_one_matrix_of_each_family) {
  const SweepConfig config = unsized(Json::array({"uniform"}), {{"trial", "5"}});
  const Plan plan = make_plan(config);
  ASSERT_EQ(plan.groups.size(), 1u);
  EXPECT_EQ(plan.groups[0].first, 5);
  EXPECT_EQ(plan.groups[0].count, 1);
  EXPECT_EQ(plan.cases, 1);
  EXPECT_EQ(config.json()["trial"], 5);
  EXPECT_FALSE(unsized(Json::array({"uniform"})).json().contains("trial"));
  EXPECT_THROW(make_plan(unsized(Json::array({"ones"}), {{"trial", "1"}})), UsageError);
}

TEST(Plan, kernels_of_other_sizes_are_left_out_with_a_note) {
  const auto plan_of = [](const Json& kernels) {
    static std::vector<std::unique_ptr<SweepConfig>> kept;
    kept.push_back(std::make_unique<SweepConfig>(
        make_config(Json{{"families", {"ones"}}, {"kernels", kernels}}, {}, "test", "", "test")));
    return make_plan(*kept.back());
  };
  const Plan plan = plan_of({"flashkda-v1", "fla-solve-tril"});
  EXPECT_EQ(plan.cases, 1);
  EXPECT_EQ(plan.notes, std::vector<std::string>{"flashkda-v1 takes chunks of 16, not of 64: left out"});
  EXPECT_TRUE(plan_of({"fla-solve-tril"}).notes.empty());
  try {
    plan_of({"flashkda-v1"});
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "kernels: nothing to run: flashkda-v1 takes chunks of 16, not of 64; allowed: sizes that they take");
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
