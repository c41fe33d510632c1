// Groups read from files: what of a file reaches them, and which files are refused.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/report/case_groups.h"
#include "tristab/report/object_stream.h"

namespace tristab::case_groups_files_test {

// The records of a file.
class ResultFile {
 public:
  ResultFile(const std::string& path, const std::vector<const Field*>& fields) : groups(fields) {
    head =
        visit_result(path, {"records"}, [&](const std::string& section, const Json& object, const std::string& place) {
          groups.add(section, object, place);
        });
  }

  ResultHead head;
  CaseGroups groups;
};

ResultFile read_text_as(const std::string& text, const std::vector<const Field*>& fields = {find_field("frobenius")}) {
  const TemporaryDirectory directory;
  const std::string path = directory / "result";
  std::ofstream(path, std::ios::binary) << text;
  return {path, fields};
}

// The records of each group of a result, in their order, found by what names a setting and an input.
std::vector<std::vector<Json>> records_by_group(const Json& document) {
  std::vector<std::vector<Json>> groups;
  std::map<std::string, std::size_t> index;
  for (const Json& record : document["records"]) {
    std::string key;
    for (const char* name : {"family", "family_params", "n", "method", "method_params", "kernel", "arithmetic",
                             "arithmetic_params", "formation"})
      key += record[name].dump() + "\n";
    const auto [at, fresh] = index.emplace(key, groups.size());
    if (fresh) groups.emplace_back();
    groups[at->second].push_back(record);
  }
  return groups;
}

TEST(CaseGroupsFiles, json_and_ndjson_hold_the_same_records) {
  const ResultFile json = read_text_as(small_result());
  const ResultFile lines = read_text_as(written(small_config(), ResultFormat::ndjson, 1));
  EXPECT_TRUE(json.head.complete);
  EXPECT_TRUE(lines.head.complete);
  const Plan plan = make_plan(small_config());
  EXPECT_EQ(lines.head.expected_cases, plan.cases);
  EXPECT_EQ(json.head.records, plan.cases);
  EXPECT_EQ(lines.head.records, plan.cases);
  const std::vector<std::vector<Json>> truth = records_by_group(Json::parse(small_result()));
  for (const ResultFile* file : {&json, &lines}) {
    const CaseGroups& groups = file->groups;
    ASSERT_EQ(groups.groups().size(), truth.size());
    for (std::size_t k = 0; k < truth.size(); ++k) {
      const CaseGroup& group = groups.groups()[k];
      EXPECT_EQ(groups.setting_of(group).method_label, truth[k][0]["method_label"]);
      EXPECT_EQ(groups.setting_of(group).arithmetic_label, truth[k][0]["arithmetic_label"]);
      EXPECT_EQ(groups.input_of(group).label, truth[k][0]["family_label"]);
      EXPECT_EQ(group.n, truth[k][0]["n"]);
      const std::vector<double> errors = groups.values(group, 0);
      ASSERT_EQ(errors.size(), truth[k].size());
      int nonfinite = 0, failed = 0;
      for (std::size_t t = 0; t < errors.size(); ++t) {
        nonfinite += truth[k][t]["status"] == "nonfinite";
        failed += truth[k][t]["status"] == "failed";
        if (truth[k][t]["fit"] == "trivial" || truth[k][t]["status"] == "failed") {
          EXPECT_TRUE(std::isnan(errors[t]));
        } else if (truth[k][t]["status"] == "nonfinite") {
          EXPECT_EQ(errors[t], HUGE_VAL);
        } else {
          EXPECT_EQ(errors[t], truth[k][t]["frobenius"].get<double>());
        }
      }
      EXPECT_EQ(group.statistics.nonfinite, nonfinite);
      EXPECT_EQ(group.statistics.failed, failed);
    }
  }
}

TEST(CaseGroupsFiles, numbers_asked_for_are_read_and_exact_ones_are_infinite) {
  const std::vector<const Field*> fields{find_field("snr_db"), find_field("strict_lower")};
  const ResultFile document = read_text_as(small_result(), fields);
  const ResultFile stream = read_text_as(written(small_config(), ResultFormat::ndjson, 1), fields);
  const std::vector<std::vector<Json>> truth = records_by_group(Json::parse(small_result()));
  int exact = 0, nonfinite = 0;
  for (const ResultFile* file : {&document, &stream}) {
    for (std::size_t k = 0; k < truth.size(); ++k) {
      const CaseGroup& group = file->groups.groups()[k];
      const std::vector<double> snr = file->groups.values(group, 0);
      const std::vector<double> strict_lower = file->groups.values(group, 1);
      for (std::size_t t = 0; t < truth[k].size(); ++t) {
        const Json& record = truth[k][t];
        if (record["fit"] == "trivial" || record["status"] == "failed") {
          EXPECT_TRUE(std::isnan(snr[t])) << record["case"];
          continue;
        }
        if (!record["snr_db"].is_null()) {
          EXPECT_EQ(snr[t], record["snr_db"].get<double>());
        } else if (record["status"] == "ok") {
          EXPECT_EQ(snr[t], HUGE_VAL) << record["case"];
          ++exact;
        } else {
          EXPECT_EQ(snr[t], -HUGE_VAL) << record["case"];
          ++nonfinite;
        }
        if (!record["strict_lower"].is_null()) {
          EXPECT_EQ(strict_lower[t], record["strict_lower"].get<double>());
        }
      }
    }
  }
  EXPECT_GT(exact, 0);
  EXPECT_GT(nonfinite, 0);
}

TEST(CaseGroupsFiles, an_ndjson_file_that_breaks_off_is_read_as_far_as_it_goes) {
  const std::string whole = written(small_config(), ResultFormat::ndjson, 1);
  const std::size_t middle = whole.find("{\"type\": \"record\"", whole.size() / 2);
  const ResultFile file = read_text_as(whole.substr(0, middle + 40));  // in the middle of a record
  EXPECT_FALSE(file.head.complete);
  EXPECT_GT(file.head.records, 0);
  EXPECT_LT(file.head.records, file.head.expected_cases);
  EXPECT_FALSE(file.groups.groups().empty());
}

// A document with these records.
std::string document_of(const std::string& records) {
  return R"({"later": {"a": [1]}, "schema": "tristab-results/1", "run": {"complete": true, "cases": 2}, "records": )" +
         records + "}";
}

// A record with one field replaced, or removed where the value is empty.
std::string record_with(const std::string& key, const std::string& value) {
  Json record = Json::parse(R"({"family": "ones", "n": 64, "method": "mbh", "arithmetic": "fp16", "status": "ok",
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

TEST(CaseGroupsFiles, a_record_without_fields_or_of_wrong_types_is_refused) {
  const std::string good = record_with("frobenius", "0.5");
  const std::vector<std::array<std::string, 3>> damages{
      {"n", "\"x\"", ".n: found \"x\"; allowed: a whole number"},
      {"n", "1.5", ".n: found 1.5"},
      {"n", "", ".n: found nothing"},
      {"n", "4294967297", ".n: found 4294967297; allowed: a whole number from 1 to 2147483647"},
      {"n", "1e300", ".n: found 1e+300"},
      {"method", "", ".method: found nothing; allowed: a text"},
      {"family", "null", ".family: found null"},
      {"status", "3", ".status: found 3"},
      {"status", "\"good\"", ".status: found \"good\"; allowed: ok, nonfinite, failed"},
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
  EXPECT_NE(refusal_of(lines).find(": line 2: family: found nothing"), std::string::npos) << refusal_of(lines);
}

TEST(CaseGroupsFiles, records_that_are_not_a_list_of_objects_are_refused) {
  for (const char* records : {"5", "\"x\"", "null", R"({"a": {"n": 1}})"}) {
    EXPECT_NE(refusal_of(document_of(records)).find(": records: found"), std::string::npos) << records;
  }
  EXPECT_NE(refusal_of(document_of("[5]")).find(": records[0]: found 5"), std::string::npos);
  EXPECT_NE(refusal_of(document_of("[[]]")).find(": records[0]: found a list"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"schema": "tristab-results/1"})").find(": records: found nothing"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"schema": "tristab-results/1", "records": [], "run": {"complete": 1}})")
                .find(": run.complete: found 1"),
            std::string::npos);
}

TEST(CaseGroupsFiles, a_document_with_fewer_records_than_cases_is_not_complete) {
  const std::string good = record_with("frobenius", "0.5");
  EXPECT_TRUE(read_text_as(document_of("[" + good + ", " + good + "]")).head.complete);
  const ResultFile part = read_text_as(document_of("[" + good + "]"));
  EXPECT_FALSE(part.head.complete);
  EXPECT_EQ(part.head.expected_cases, 2);
}

TEST(CaseGroupsFiles, unknown_fields_are_ignored_and_numbers_may_be_missing) {
  const ResultFile file = read_text_as(R"({"later": {"a": [1]}, "schema": "tristab-results/1", "records": [)" +
                                       record_with("fit", "null") + ", " + record_with("frobenius", "null") + "]}");
  EXPECT_EQ(file.head.records, 2);
  ASSERT_EQ(file.groups.groups().size(), 1u);
  const CaseGroup& group = file.groups.groups()[0];
  EXPECT_EQ(file.groups.setting_of(group).method, "mbh");
  EXPECT_EQ(group.n, 64);
  EXPECT_EQ(group.statistics.trials, 2);
  EXPECT_EQ(group.statistics.fit, 0);
  for (const double error : file.groups.values(group, 0)) EXPECT_TRUE(std::isnan(error));
  EXPECT_FALSE(file.head.complete);
}

TEST(CaseGroupsFiles, what_is_no_result_is_refused) {
  EXPECT_THROW(ResultFile("missing.json", {}), InputError);
  EXPECT_THROW(ResultFile(".", {}), InputError);
  EXPECT_THROW(read_text_as(""), InputError);
  EXPECT_THROW(read_text_as("not json"), InputError);
  EXPECT_THROW(read_text_as("{\"records\": []}"), InputError);
  EXPECT_THROW(read_text_as("{\"schema\": \"other/1\"}"), InputError);
  EXPECT_THROW(read_text_as(small_result().substr(0, small_result().size() / 2)), InputError);
}

}  // namespace tristab::case_groups_files_test
