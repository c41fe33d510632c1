#include "tristab/report/reader.h"

#include <gtest/gtest.h>

#include <cmath>

#include "small_sweep.h"
#include "tristab/base/errors.h"

namespace tristab {
namespace {

ResultFile read_text_as(const std::string& text) {
  const TemporaryDirectory directory;
  const std::string path = directory / "result";
  std::ofstream(path, std::ios::binary) << text;
  return read_results(path);
}

TEST(Reader, json_and_ndjson_hold_the_same_records) {
  const ResultFile json = read_text_as(small_result());
  const ResultFile lines = read_text_as(written(small_config(), ResultFormat::ndjson, 1));
  EXPECT_TRUE(json.complete);
  EXPECT_TRUE(lines.complete);
  const Plan plan = make_plan(small_config());
  EXPECT_EQ(lines.expected_cases, plan.cases);
  ASSERT_EQ(json.records.size(), static_cast<std::size_t>(plan.cases));
  ASSERT_EQ(json.records.size(), lines.records.size());
  const Json document = Json::parse(small_result());
  for (std::size_t k = 0; k < json.records.size(); ++k) {
    const ResultRecord &a = json.records[k], &b = lines.records[k];
    const Json& truth = document["records"][k];
    EXPECT_EQ(a.method_label, truth["method_label"]);
    EXPECT_EQ(b.method_label, truth["method_label"]);
    EXPECT_EQ(a.setting_key, b.setting_key);
    EXPECT_EQ(a.n, truth["n"]);
    EXPECT_EQ(a.status, truth["status"]);
    if (truth["frobenius"].is_null()) {
      EXPECT_TRUE(std::isnan(a.frobenius) && std::isnan(b.frobenius));
    } else {
      EXPECT_EQ(a.frobenius, truth["frobenius"].get<double>());
      EXPECT_EQ(b.frobenius, truth["frobenius"].get<double>());
    }
  }
}

TEST(Reader, an_ndjson_file_that_breaks_off_is_read_as_far_as_it_goes) {
  const std::string whole = written(small_config(), ResultFormat::ndjson, 1);
  const std::size_t middle = whole.find("{\"type\": \"record\"", whole.size() / 2);
  const ResultFile file = read_text_as(whole.substr(0, middle + 40));  // in the middle of a record
  EXPECT_FALSE(file.complete);
  EXPECT_GT(file.records.size(), 0u);
  EXPECT_LT(static_cast<std::int64_t>(file.records.size()), file.expected_cases);
}

TEST(Reader, unknown_fields_are_ignored_and_missing_ones_are_empty) {
  const ResultFile file = read_text_as(
      R"({"later": {"a": [1]}, "schema": "tristab-results/1", "records": [{"method": "mbh", "new": [1, {"b": 2}], "n": 64},
          {"method": "mch", "frobenius": null}]})");
  ASSERT_EQ(file.records.size(), 2u);
  EXPECT_EQ(file.records[0].method, "mbh");
  EXPECT_EQ(file.records[0].n, 64);
  EXPECT_TRUE(std::isnan(file.records[1].frobenius));
  EXPECT_FALSE(file.complete);
}

TEST(Reader, what_is_no_result_is_refused) {
  EXPECT_THROW(read_results("missing.json"), InputError);
  EXPECT_THROW(read_results("."), InputError);
  EXPECT_THROW(read_text_as(""), InputError);
  EXPECT_THROW(read_text_as("not json"), InputError);
  EXPECT_THROW(read_text_as("{\"records\": []}"), InputError);
  EXPECT_THROW(read_text_as("{\"schema\": \"other/1\"}"), InputError);
  EXPECT_THROW(read_text_as(small_result().substr(0, small_result().size() / 2)), InputError);
}

}  // namespace
}  // namespace tristab
