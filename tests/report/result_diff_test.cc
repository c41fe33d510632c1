// The difference of two results made by hand: which records are the same case, and what of them differs.
#include "tristab/report/result_diff.h"

#include <gtest/gtest.h>

#include <cmath>

#include "made_records.h"
#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/report/diff_text.h"

namespace tristab::result_diff_test {

Json record(const std::string& method, int trial, double error) {
  Json made = made_record("uniform", 16, method, "fp16");
  made["case"] = "uniform-16-" + std::to_string(trial) + "/" + method;
  made["trial"] = trial;
  made["total_frobenius"] = error;
  made["undefined"] = Json::object();
  return made;
}

Json result(const std::vector<Json>& records) {
  return Json{{"schema", "tristab-results/1"},
              {"tool", {{"version", "0.1.0"}, {"commit", "abc"}, {"simd", "avx2"}}},
              {"run", {{"complete", true}, {"cases", records.size()}, {"seconds", 1.5}, {"host", "here"}}},
              {"config", {{"seed", 1}, {"methods", {{{"method", "mbh"}}}}}},
              {"records", records}};
}

// Two results and their difference.
class Diff {
 public:
  Diff(const Json& before, const Json& after, MatchBy by = MatchBy::both,
       const std::vector<const Field*>& fields = {find_field("total_frobenius")})
      : old_(directory_.write("old.json", before), fields), new_(directory_.write("new.json", after), fields) {
    found = result_diff(old_, new_, by, [this](const char* kind, bool, const std::string& id, const Json& changes) {
      cases.push_back(std::string(kind) + " " + id + (changes.is_null() ? "" : " " + changes.dump()));
    });
  }
  std::string text() const { return diff_text(found, {}, {20, {find_field("total_frobenius")}}); }

  ResultDiff found;
  std::vector<std::string> cases;

 private:
  struct Directory : TemporaryDirectory {
    std::string write(const std::string& name, const Json& document) const {
      const std::string path = *this / name;
      std::ofstream(path) << document.dump();
      return path;
    }
  };
  Directory directory_;
  ComparedResult old_, new_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ResultDiff, equal_results_have_no_differences_whatever_the_run) {
  const Json before = result({record("mbh", 0, 1e-4), record("mbh", 1, 2e-4)});
  Json after = before;
  after["run"]["seconds"] = 99;
  after["run"]["host"] = "there";
  after["tool"]["simd"] = "avx512";
  const Diff diff(before, after);
  EXPECT_TRUE(diff.found.is_equal());
  EXPECT_TRUE(diff.found.head.empty());
  EXPECT_TRUE(has(diff.text(), "No differences: 2 records are equal in every field.\n")) << diff.text();
}

TEST(ResultDiff, one_bit_of_one_number_is_a_change) {
  const double error = 1e-4;
  const Json before = result({record("mbh", 0, error), record("mbh", 1, 2e-4)});
  Json after = before;
  after["records"][0]["total_frobenius"] = std::nextafter(error, 1);
  const Diff diff(before, after);
  EXPECT_EQ(diff.found.records.equal, 1);
  EXPECT_EQ(diff.found.records.changed, 1);
  ASSERT_EQ(diff.cases.size(), 1u);
  EXPECT_EQ(diff.cases[0], R"(changed uniform-16-0/mbh {"total_frobenius":[0.0001,0.00010000000000000002]})");
}

TEST(ResultDiff, fields_that_no_table_shows_are_compared_too) {
  const Json before = result({record("mbh", 0, 1e-4)});
  for (const auto& [field, value] : {std::pair<const char*, Json>{"coarsest", "bf16"},
                                     {"later_field", 2},
                                     {"stages", Json::array({Json{{"name", "x"}, {"matmuls", 2}}})}}) {
    Json one = before, other = before;
    one["records"][0][field] =
        field == std::string("stages") ? Json::array({Json{{"name", "x"}, {"matmuls", 1}}}) : Json("fp16");
    other["records"][0][field] = value;
    const Diff diff(one, other);
    EXPECT_EQ(diff.found.records.changed, 1) << field;
    EXPECT_TRUE(diff.found.groups[0].fields.contains(field)) << field;
  }
}

TEST(ResultDiff, a_number_that_became_undefined_shows_the_reason) {
  const Json before = result({record("mbh", 0, 1e-4)});
  Json after = before;
  after["records"][0]["total_frobenius"] = nullptr;
  after["records"][0]["undefined"]["total_frobenius"] = "non-finite result";
  after["records"][0]["status"] = "nonfinite";
  const Diff diff(before, after);
  ASSERT_EQ(diff.cases.size(), 1u);
  EXPECT_TRUE(has(diff.cases[0], R"("total_frobenius":[0.0001,"non-finite result"])")) << diff.cases[0];
  EXPECT_EQ(diff.found.groups[0].words.at({"status", "ok", "nonfinite"}), 1);
  EXPECT_EQ(diff.found.groups[0].new_numbers[0].worst, infinity);
  EXPECT_TRUE(has(diff.text(), "ok -> nonfinite 1")) << diff.text();
}

TEST(ResultDiff, ids_decide_first_and_labels_for_what_they_leave) {
  const Json before = result({record("mbh", 0, 1e-4), record("mch", 0, 1e-3), record("mxr", 0, 1e-2)});
  Json after = before;
  after["records"][1]["case"] = "another hash";
  after["records"][1]["method_params"] = Json{{"order", "other"}};
  after["records"][2]["case"] = "a third";
  after["records"][2]["method_label"] = "mxr:block=8";
  const Diff both(before, after);
  EXPECT_EQ(both.found.records.by_id, 1);
  EXPECT_EQ(both.found.records.by_setting, 1);
  EXPECT_EQ(both.found.records.equal, 2);
  EXPECT_EQ(both.cases, (std::vector<std::string>{"missing uniform-16-0/mxr", "new a third"}));
  EXPECT_TRUE(has(both.text(), "1 matched by id, 1 by input, setting and trial")) << both.text();
  const Diff ids(before, after, MatchBy::id);
  EXPECT_EQ(ids.found.records.both(), 1);
  EXPECT_EQ(ids.found.records.missing, 2);
  const Diff labels(before, after, MatchBy::setting);
  EXPECT_EQ(labels.found.records.by_setting, 2);
  EXPECT_EQ(labels.found.records.by_id, 0);
}

TEST(ResultDiff, cases_with_one_key_are_matched_in_their_order) {
  const Json before = result({record("mbh", 0, 1e-4), record("mbh", 0, 2e-4)});
  EXPECT_TRUE(Diff(before, before).found.is_equal());
  Json after = before;
  after["records"].erase(1);
  const Diff diff(before, after);
  EXPECT_EQ(diff.found.records.equal, 1);
  EXPECT_EQ(diff.found.records.missing, 1);
}

TEST(ResultDiff, results_without_ids_are_matched_by_labels) {
  Json before = result({record("mbh", 0, 1e-4), record("mbh", 1, 2e-4)});
  for (Json& each : before["records"]) each.erase("case");
  Json after = before;
  std::swap(after["records"][0], after["records"][1]);
  EXPECT_TRUE(Diff(before, after).found.is_equal());
}

TEST(ResultDiff, statuses_come_first_then_verdicts_then_large_changes) {
  std::vector<Json> records;
  for (const char* method : {"small", "large", "unfit", "lost"}) records.push_back(record(method, 0, 1e-4));
  const Json before = result(records);
  Json after = before;
  after["records"][0]["total_frobenius"] = 1.1e-4;
  after["records"][1]["total_frobenius"] = 1e-1;
  after["records"][2]["fit"] = "unfit";
  after["records"][3]["status"] = "nonfinite";
  const Diff diff(before, after);
  std::vector<std::string> order;
  for (const GroupChange& group : diff.found.groups) order.push_back(diff.found.setting_of(group).method);
  EXPECT_EQ(order, (std::vector<std::string>{"lost", "unfit", "large", "small"}));
}

TEST(ResultDiff, fields_of_one_version_alone_are_named_and_not_compared) {
  const Json before = result({record("mbh", 0, 1e-4), record("mbh", 1, 1e-4)});
  Json after = before;
  for (Json& each : after["records"]) each["error_of_tomorrow"] = 1;
  const Diff diff(before, after);
  EXPECT_EQ(diff.found.records.equal, 2);
  EXPECT_FALSE(diff.found.is_equal());
  EXPECT_EQ(diff.found.one_sided.at("error_of_tomorrow").only_after, 2);
  EXPECT_TRUE(has(diff.text(), "only in NEW, and not compared: error_of_tomorrow (2 cases)")) << diff.text();
}

TEST(ResultDiff, heads_say_which_keys_of_the_configuration_changed) {
  const Json before = result({record("mbh", 0, 1e-4)});
  Json after = before;
  after["tool"]["version"] = "0.2.0";
  after["config"]["seed"] = 2;
  after["config"]["methods"] = Json::array({Json{{"method", "mbh"}, {"order", "other"}}, Json{{"method", "mch"}}});
  std::vector<std::string> words;
  for (const HeadChange& change : Diff(before, after).found.head) words.push_back(change_text(change));
  EXPECT_EQ(words, (std::vector<std::string>{"version 0.1.0 -> 0.2.0", "methods mbh: order: other added",
                                             "methods: mch added", "seed 1 -> 2"}));
}

TEST(ResultDiff, layers_are_compared_where_both_have_them) {
  Json before = result({record("mbh", 0, 1e-4)});
  Json layer = made_record("gdn", 64, "mbh", "fp16");
  layer.update(Json{{"sequence", "gdn-0"}, {"trial", 0}, {"o", 1e-3}, {"state", 1e-3}, {"for_layer", "normal"}});
  const Json without = before;
  before["layers"] = Json::array({layer});
  Json after = before;
  after["layers"][0]["o"] = 2e-3;
  after["layers"][0]["for_layer"] = "high";
  const Diff diff(before, after);
  EXPECT_EQ(diff.found.layers.changed, 1);
  EXPECT_EQ(diff.found.records.equal, 1);
  EXPECT_TRUE(has(diff.text(), "layers, o: ")) << diff.text();
  EXPECT_TRUE(has(diff.text(), "normal -> high 1")) << diff.text();
  EXPECT_TRUE(Diff(before, without).found.is_equal());
}

TEST(ResultDiff, ratios_of_zeros_and_infinities_are_what_thresholds_need) {
  EXPECT_EQ(ratio_of(2, 3), 1.5);
  EXPECT_EQ(ratio_of(0, 0), 1);
  EXPECT_EQ(ratio_of(infinity, infinity), 1);
  EXPECT_EQ(ratio_of(1, infinity), infinity);
  EXPECT_EQ(ratio_of(0, 1e-300), infinity);
  EXPECT_EQ(ratio_of(infinity, 1), 0);
  EXPECT_TRUE(std::isnan(ratio_of(nan, 1)));
}

TEST(ResultDiff, equal_digits_of_unequal_numbers_are_never_shown) {
  const Json before = result({record("mbh", 0, 1.2345678e-4)});
  Json after = before;
  after["records"][0]["total_frobenius"] = 1.2345679e-4;
  const std::string text = Diff(before, after).text();
  EXPECT_TRUE(has(text, "1.2345678e-04") && has(text, "1.2345679e-04")) << text;
}

}  // namespace tristab::result_diff_test
