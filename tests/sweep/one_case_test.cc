#include "tristab/sweep/one_case.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/evaluate.h"

namespace tristab::one_case_test {

const Json configuration{{"families", {"uniform", "gdn:keys=silu", "target-norm"}},
                         {"chunks", {16, 32}},
                         {"trials", 3},
                         {"methods", {"mbh", "mxr:block=8/16"}},
                         {"arithmetics", {"fp16", "fp16:rounding=stochastic"}},
                         {"formations", {"exact", "gram"}},
                         {"kernels", {"fla-solve-tril:dot=tf32", "flashkda-v1"}}};

SweepConfig config_of(Json json) { return make_config(json, {}, "test", TRISTAB_TEST_DATA, "test"); }

// Every id of a plan.
std::vector<std::string> ids_of(const SweepConfig& config) {
  const Plan plan = make_plan(config);
  std::vector<std::string> ids;
  for (const MatrixGroup& group : plan.groups) {
    for (int index = group.first; index < group.first + group.count; ++index) {
      const std::string matrix = matrix_id_in(*group.scenario, group.source->problem(group.n, index).id);
      for (const Setting& setting : group.scenario->settings(group.n)) ids.push_back(case_id(matrix, setting));
    }
  }
  return ids;
}

TEST(OneCase, every_id_selects_its_case_alone) {
  Json scenario = configuration;
  scenario["name"] = "one-key";
  for (const SweepConfig& config : {config_of(configuration), config_of(Json{{"scenarios", {scenario}}})}) {
    for (const std::string& id : ids_of(config)) {
      const SweepConfig one = only_case(config, id, "--case");
      EXPECT_EQ(ids_of(one), std::vector<std::string>{id});
      EXPECT_EQ(ids_of(config_of(one.json())), std::vector<std::string>{id});  // as a result stores it
    }
  }
}

TEST(OneCase, the_id_of_a_matrix_selects_every_setting_on_it) {
  const SweepConfig config = config_of(configuration);
  const std::string id = ids_of(config).front(), matrix = id.substr(0, id.find('/'));
  const std::vector<std::string> ids = ids_of(only_case(config, matrix, "--case"));
  EXPECT_EQ(ids.size(), config.scenarios.front().settings(16).size());
  for (const std::string& each : ids) EXPECT_TRUE(each.starts_with(matrix + "/")) << each;
}

TEST(OneCase, an_unknown_id_is_refused_with_one_that_exists) {
  const SweepConfig config = config_of(configuration);
  const std::string id = ids_of(config).front();
  try {
    only_case(config, "gdn-64-0000-00000000/mbh/fp16/00000000", "--case");
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("such as " + id), std::string::npos) << error.what();
  }
  try {
    only_case(config, id.substr(0, id.size() - 1) + "x", "--case");
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean '" + id + "'?"), std::string::npos) << error.what();
  }
}

}  // namespace tristab::one_case_test
