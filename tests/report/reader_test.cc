#include "tristab/base/json.h"
#include "tristab/report/reader.h"

#include <gtest/gtest.h>

#include <array>
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

TEST(Reader, metrics_that_are_asked_for_are_read_and_an_exact_result_is_infinite) {
  const TemporaryDirectory directory;
  const std::string json = directory / "r.json", lines = directory / "r.ndjson";
  std::ofstream(json, std::ios::binary) << small_result();
  std::ofstream(lines, std::ios::binary) << written(small_config(), ResultFormat::ndjson, 1);
  const std::vector<std::string> names{"snr_db", "strict_lower"};
  const ResultFile document = read_results(json, names), stream = read_results(lines, names);
  const Json truth = Json::parse(small_result());
  int exact = 0, nonfinite = 0;
  for (std::size_t k = 0; k < document.records.size(); ++k) {
    const Json& record = truth["records"][k];
    for (const ResultRecord* read : {&document.records[k], &stream.records[k]}) {
      ASSERT_EQ(read->metrics.size(), 2u);
      if (!record["snr_db"].is_null()) {
        EXPECT_EQ(read->metrics[0], record["snr_db"].get<double>());
      } else if (record["status"] == "ok") {
        EXPECT_EQ(read->metrics[0], HUGE_VAL) << record["case"];
        ++exact;
      } else {
        EXPECT_TRUE(std::isnan(read->metrics[0])) << record["case"];
        ++nonfinite;
      }
      if (!record["strict_lower"].is_null()) {
        EXPECT_EQ(read->metrics[1], record["strict_lower"].get<double>());
      }
    }
  }
  EXPECT_GT(exact, 0);
  EXPECT_GT(nonfinite, 0);
}

TEST(Reader, an_ndjson_file_that_breaks_off_is_read_as_far_as_it_goes) {
  const std::string whole = written(small_config(), ResultFormat::ndjson, 1);
  const std::size_t middle = whole.find("{\"type\": \"record\"", whole.size() / 2);
  const ResultFile file = read_text_as(whole.substr(0, middle + 40));  // in the middle of a record
  EXPECT_FALSE(file.complete);
  EXPECT_GT(file.records.size(), 0u);
  EXPECT_LT(static_cast<std::int64_t>(file.records.size()), file.expected_cases);
}

// A document with these records.
std::string document_of(const std::string& records) {
  return R"({"later": {"a": [1]}, "schema": "tristab-results/1", "run": {"complete": true, "cases": 2}, "records": )" +
         records + "}";
}

// A record with one field replaced, or removed where the value is empty.
std::string record_with(const std::string& key, const std::string& value) {
  Json record =
      Json::parse(R"({"family": "ones", "n": 64, "method": "mbh", "arithmetic": "fp16", "status": "ok",
                      "new": [1, {"b": 2}]})");
  if (value.empty()) {
    record.erase(key);
  } else {
    record[key] = Json::parse(value);
  }
  return record.dump();
}

std::string refusal_of(const std::string& text) {
  try {
    read_text_as(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Reader, a_record_without_its_fields_or_with_one_of_the_wrong_type_is_refused_with_its_path) {
  const std::string good = record_with("frobenius", "0.5");
  const std::vector<std::array<std::string, 3>> damages{
      {"n", "\"x\"", ".n: found \"x\"; allowed: a whole number"},
      {"n", "1.5", ".n: found 1.5"},
      {"n", "", ".n: found nothing"},
      {"method", "", ".method: found nothing; allowed: a text"},
      {"family", "null", ".family: found null"},
      {"status", "3", ".status: found 3"},
      {"arithmetic", "[]", ".arithmetic: found []"},
      {"method_params", "4", ".method_params: found 4; allowed: an object"},
      {"method_label", "4", ".method_label: found 4"},
      {"frobenius", "\"nan\"", ".frobenius: found \"nan\"; allowed: a number or null"}};
  for (const auto& [key, value, message] : damages) {
    const std::string text = refusal_of(document_of("[" + good + ", " + record_with(key, value) + "]"));
    EXPECT_NE(text.find(": records[1]" + message), std::string::npos) << key << " " << value << ": " << text;
  }
  const std::string lines = R"({"type": "header", "schema": "tristab-results/1", "expected_cases": 1})"
                            "\n{\"type\": \"record\", \"n\": 1}\n";
  EXPECT_NE(refusal_of(lines).find(": line 2: family: found nothing"), std::string::npos)
      << refusal_of(lines);
}

TEST(Reader, records_that_are_not_a_list_of_objects_are_refused) {
  for (const char* records : {"5", "\"x\"", "null", R"({"a": {"n": 1}})"}) {
    EXPECT_NE(refusal_of(document_of(records)).find(": records: found"), std::string::npos) << records;
  }
  EXPECT_NE(refusal_of(document_of("[5]")).find(": records[0]: found 5"), std::string::npos);
  EXPECT_NE(refusal_of(document_of("[[]]")).find(": records[0]: found a list"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"schema": "tristab-results/1"})").find(": records: found nothing"),
            std::string::npos);
  EXPECT_NE(refusal_of(R"({"schema": "tristab-results/1", "records": [], "run": {"complete": 1}})")
                .find(": run.complete: found 1"),
            std::string::npos);
}

TEST(Reader, a_document_with_fewer_records_than_cases_is_not_complete) {
  const std::string good = record_with("frobenius", "0.5");
  EXPECT_TRUE(read_text_as(document_of("[" + good + ", " + good + "]")).complete);
  const ResultFile part = read_text_as(document_of("[" + good + "]"));
  EXPECT_FALSE(part.complete);
  EXPECT_EQ(part.expected_cases, 2);
}

TEST(Reader, unknown_fields_are_ignored_and_metrics_may_be_missing_or_null) {
  const ResultFile file =
      read_text_as(R"({"later": {"a": [1]}, "schema": "tristab-results/1", "records": [)" +
                   record_with("verdict", "null") + ", " + record_with("frobenius", "null") + "]}");
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
