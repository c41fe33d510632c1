#include "tristab/report/case_groups.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "made_records.h"
#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/report/object_stream.h"

namespace tristab::case_groups_test {

const std::string place = "r.json: records[0].";

Json record(int n, const char* method, const char* status, Json frobenius) {
  return Json{{"family", "uniform"},
              {"family_params", Json{{"scale", 0.5}}},
              {"n", n},
              {"method", method},
              {"arithmetic", "fp16"},
              {"status", status},
              {"fit", "fit"},
              {"frobenius", std::move(frobenius)},
              {"matrix", "m"}};
}

CaseGroups errors_and_growth() { return CaseGroups({find_field("frobenius"), find_field("growth")}); }

TEST(CaseGroups, a_lost_trial_counts_as_infinite_in_medians_and_worst) {
  CaseGroups groups = errors_and_growth();
  for (const double error : {4.0, 1.0, 9.0}) groups.add("records", record(16, "mbh", "ok", error), place);
  groups.add("records", record(16, "mbh", "nonfinite", nullptr), place);
  groups.add("records", record(32, "mbh", "ok", 5.0), place);
  ASSERT_EQ(groups.groups().size(), 2u);
  const CaseGroup& group = groups.groups()[0];
  EXPECT_EQ(group.statistics.trials, 4);
  EXPECT_EQ(group.statistics.nonfinite, 1);
  EXPECT_EQ(groups.distribution(group, 0).median, 6.5);
  EXPECT_EQ(groups.distribution(group, 0).worst, HUGE_VAL);
  EXPECT_TRUE(std::isnan(groups.distribution(group, 1).median));
  EXPECT_TRUE(groups.has(0));
  EXPECT_FALSE(groups.has(1));
}

TEST(CaseGroups, a_field_has_its_position_and_one_not_collected_is_a_bug) {
  const CaseGroups groups = errors_and_growth();
  EXPECT_EQ(groups.position("growth"), 1u);
  EXPECT_THROW(groups.position("snr_db"), std::out_of_range);
}

TEST(CaseGroups, settings_that_share_a_label_are_not_merged) {
  CaseGroups groups = errors_and_growth();
  Json other = record(16, "mbh", "ok", 1.0);
  other["method_label"] = "same";
  other["method_params"] = Json{{"block", 8}};
  groups.add("records", other, place);
  other["method_params"] = Json{{"block", 16}};
  groups.add("records", other, place);
  ASSERT_EQ(groups.settings().size(), 2u);
  EXPECT_EQ(groups.settings()[0].shown, "same");
  EXPECT_EQ(groups.settings()[1].shown, "same (2)");
}

TEST(CaseGroups, settings_that_differ_in_formation_are_not_merged) {
  const Json given = made_record("gdn", 16, "mbh", "fp16");
  Json formed = given;
  formed["formation"] = "gram";
  const MadeGroups groups({given, formed}, "frobenius");
  ASSERT_EQ(groups.settings().size(), 2u);
  EXPECT_EQ(groups.settings()[0].shown, "mbh");
  EXPECT_EQ(groups.settings()[1].shown, "mbh after gram");
  EXPECT_EQ(groups.settings()[1].label(), "mbh after gram / fp16");
}

TEST(CaseGroups, a_layer_of_a_file_is_named_by_the_file_and_the_layer) {
  EXPECT_EQ(MadeGroups({made_record("gdn", 64, "mbh", "fp16")}, "frobenius").inputs()[0].name, "gdn");
  Json layer = made_record("file", 64, "mbh", "fp16");
  layer["family_label"] = "file:layer=layer6:path=x/gdn.safetensors";
  layer["family_params"] =
      Json{{"path", "x/gdn.safetensors"}, {"layer", "layer6"}, {"heads", "all"}, {"tokens", "0:64"}};
  EXPECT_EQ(MadeGroups({layer}, "frobenius").inputs()[0].name, "gdn layer6 tokens=0:64");
  layer["family_params"] = Json::object();
  EXPECT_EQ(MadeGroups({layer}, "frobenius").inputs()[0].name, layer["family_label"].get<std::string>());
}

TEST(CaseGroups, layers_of_one_name_in_several_files_keep_their_labels) {
  std::vector<Json> records;
  for (const char* path : {"a/m.npy", "b/m.npy", "c/m.npy", "c/other.npy"}) {
    records.push_back(made_record("file", 64, "mbh", "fp16"));
    records.back()["family_label"] = std::string("file:path=") + path;
    records.back()["family_params"] = Json{{"path", path}};
  }
  const auto names = [](const CaseGroups& groups) {
    std::vector<std::string> all;
    for (const CaseInput& input : groups.inputs()) all.push_back(input.name);
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(MadeGroups({records[0], records[3]}, "frobenius")), (Names{"m", "other"}));
  EXPECT_EQ(names(MadeGroups(records, "frobenius")),
            (Names{"file:path=a/m.npy", "file:path=b/m.npy", "file:path=c/m.npy", "other"}));
}

TEST(CaseGroups, inputs_that_share_a_label_are_not_merged) {
  Json first = made_record("gdn", 64, "mbh", "fp16"), second = first;
  second["family_params"] = Json{{"later", 1}};
  const MadeGroups groups({first, second, first}, "frobenius");
  ASSERT_EQ(groups.inputs().size(), 2u);
  EXPECT_EQ(groups.inputs()[0].name, "gdn");
  EXPECT_EQ(groups.inputs()[1].name, "gdn (2)");
}

TEST(CaseGroups, inputs_of_scenarios_stay_apart_and_are_named_with_them) {
  std::vector<Json> records(2, made_record("gdn", 64, "mbh", "fp16"));
  records[0]["scenario"] = "first";
  records[1]["scenario"] = "second";
  const MadeGroups groups(records, "frobenius");
  ASSERT_EQ(groups.inputs().size(), 2u);
  EXPECT_EQ(groups.inputs()[0].title(), "first: gdn");
  EXPECT_EQ(groups.inputs()[1].title(), "second: gdn");
}

TEST(CaseGroups, the_groups_of_a_sweep_have_the_medians_of_its_summary) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "r.json") << small_result();
  CaseGroups groups = errors_and_growth();
  std::vector<Json> summary;
  visit_result(directory / "r.json", {"matrices", "records", "summary"},
               [&](const std::string& section, const Json& object, const std::string& at) {
                 section == "summary" ? summary.push_back(object) : groups.add(section, object, at);
               });
  ASSERT_EQ(groups.groups().size(), summary.size());
  int compared = 0, lost = 0;
  for (std::size_t k = 0; k < summary.size(); ++k) {
    const CaseGroup& group = groups.groups()[k];
    EXPECT_EQ(group.statistics.trials, summary[k]["trials"]);
    EXPECT_EQ(group.statistics.nonfinite, summary[k]["nonfinite_trials"]);
    EXPECT_EQ(group.statistics.failed, summary[k]["failed_trials"]);
    for (std::size_t field = 0; field < groups.fields().size(); ++field) {
      const std::string name = groups.fields()[field]->name();
      const Distribution found = groups.distribution(group, field);
      if (found.count == 0) {
        EXPECT_TRUE(summary[k][name + "_median"].is_null()) << name;
        ++lost;
        continue;
      }
      const auto of_summary = [&](const std::string& field_name) {
        return summary[k]["undefined"].value(field_name, "") == "infinite" ? HUGE_VAL
                                                                           : summary[k][field_name].get<double>();
      };
      EXPECT_EQ(found.median, of_summary(name + "_median")) << name;
      EXPECT_EQ(found.worst, of_summary(name + "_max")) << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 60);
  EXPECT_GT(lost, 0);
}

TEST(CaseGroups, a_record_without_its_names_is_refused_with_its_place) {
  CaseGroups groups = errors_and_growth();
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

}  // namespace tristab::case_groups_test
