#include "tristab/base/json.h"
#include "tristab/report/result_groups.h"

#include <gtest/gtest.h>

#include <cmath>

#include "small_sweep.h"
#include "tristab/base/errors.h"

namespace tristab {
namespace {

const std::string place = "r.json: records[0].";

Json record(int n, const char* method, const char* status, Json frobenius) {
  return Json{{"family", "uniform"},
              {"family_params", Json{{"scale", 0.5}}},
              {"n", n},
              {"method", method},
              {"arithmetic", "fp16"},
              {"status", status},
              {"verdict", "pass"},
              {"frobenius", std::move(frobenius)},
              {"matrix", "m"}};
}

TEST(ResultGroups, medians_and_worst_values_are_those_of_the_finite_trials) {
  ResultGroups groups;
  for (const double error : {4.0, 1.0, 9.0}) groups.add("records", record(16, "mbh", "ok", error), place);
  groups.add("records", record(16, "mbh", "nonfinite", nullptr), place);
  groups.add("records", record(32, "mbh", "ok", 5.0), place);
  ASSERT_EQ(groups.groups().size(), 2u);
  const ResultGroup& group = groups.groups()[0];
  EXPECT_EQ(group.trials, 4);
  EXPECT_EQ(group.nonfinite, 1);
  EXPECT_EQ(group.median(0), 4.0);
  EXPECT_EQ(group.worst(0), 9.0);
  EXPECT_TRUE(std::isnan(group.median(3)));
  EXPECT_FALSE(groups.has_metric(3));
}

TEST(ResultGroups, settings_that_share_a_label_are_not_merged) {
  ResultGroups groups;
  Json other = record(16, "mbh", "ok", 1.0);
  other["method_label"] = "same";
  other["method_params"] = Json{{"block", 8}};
  groups.add("records", other, place);
  other["method_params"] = Json{{"block", 16}};
  groups.add("records", other, place);
  ASSERT_EQ(groups.settings().size(), 2u);
  EXPECT_EQ(groups.settings()[0].method, "same");
  EXPECT_EQ(groups.settings()[1].method, "same (2)");
}

TEST(ResultGroups, the_groups_of_a_sweep_have_the_medians_of_its_summary) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "r.json") << small_result();
  ResultGroups groups;
  std::vector<Json> summary;
  visit_result(directory / "r.json", {"matrices", "records", "summary"},
               [&](const std::string& section, const Json& object, const std::string& at) {
                 section == "summary" ? summary.push_back(object) : groups.add(section, object, at);
               });
  ASSERT_EQ(groups.groups().size(), summary.size());
  int compared = 0;
  for (std::size_t k = 0; k < summary.size(); ++k) {
    const ResultGroup& group = groups.groups()[k];
    EXPECT_EQ(group.trials, summary[k]["trials"]);
    EXPECT_EQ(group.nonfinite, summary[k]["nonfinite_trials"]);
    EXPECT_EQ(group.failed, summary[k]["failed_trials"]);
    if (group.nonfinite + group.failed > 0) continue;
    EXPECT_EQ(group.median(0), summary[k]["frobenius_median"].get<double>());
    EXPECT_EQ(group.worst(0), summary[k]["frobenius_max"].get<double>());
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

TEST(ResultGroups, a_record_without_its_names_is_refused_with_its_place) {
  ResultGroups groups;
  Json nameless = record(16, "mbh", "ok", 1.0);
  nameless.erase("method");
  try {
    groups.add("records", nameless, place);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "r.json: records[0].method: found nothing; allowed: a text");
  }
  EXPECT_THROW(groups.add("records", record(0, "mbh", "ok", 1.0), place), InputError);
  EXPECT_THROW(groups.add("records", record(16, "mbh", "ok", "large"), place), InputError);
}

}  // namespace
}  // namespace tristab
