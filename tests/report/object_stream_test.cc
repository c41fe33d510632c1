#include "tristab/report/object_stream.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include <sstream>

#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::object_stream_test {

struct Visit {
  ResultHead head;
  std::map<std::string, std::vector<Json>> objects;
};

Visit visit(const std::string& text) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "r", std::ios::binary) << text;
  Visit result;
  result.head = visit_result(directory / "r", result_tables(),
                             [&](const std::string& section, const Json& object, const std::string&) {
                               result.objects[section].push_back(object);
                               result.objects[section].back().erase("type");
                             });
  return result;
}

TEST(ObjectStream, documents_and_lines_give_the_same_objects) {
  const Visit document = visit(scenarios_result());
  const Visit lines = visit(written(scenarios_config(), ResultFormat::ndjson, 2));
  EXPECT_TRUE(document.head.complete);
  EXPECT_TRUE(lines.head.complete);
  EXPECT_TRUE(lines.head.lines);
  EXPECT_EQ(document.objects, lines.objects);
  EXPECT_EQ(document.head.config, lines.head.config);
  const Json whole = Json::parse(scenarios_result());
  EXPECT_EQ(document.objects.at("matrices").size(), whole["matrices"].size());
  EXPECT_EQ(document.objects.at("expectations").size(), whole["expectations"].size());
  ASSERT_EQ(document.objects.at("records").size(), whole["records"].size());
  Json first = whole["records"][0];
  first.erase("stages");
  EXPECT_EQ(document.objects.at("records")[0], first);
}

TEST(ObjectStream, lines_and_documents_with_sorted_keys_are_told_apart) {
  std::istringstream lines(written(scenarios_config(), ResultFormat::ndjson, 2));
  std::string sorted, line;
  while (std::getline(lines, line)) sorted += Json::parse(line).dump() + "\n";  // "type" stands last
  EXPECT_TRUE(visit(sorted).head.lines);
  EXPECT_TRUE(visit("\n" + sorted).head.lines);
  const Visit document = visit(Json::parse(scenarios_result()).dump());  // one line, "schema" behind the records
  EXPECT_FALSE(document.head.lines);
  EXPECT_EQ(document.objects, visit(sorted).objects);
}

TEST(ObjectStream, stages_are_those_of_the_records_with_their_cases) {
  const Json whole = Json::parse(scenarios_result());
  std::vector<Json> wanted;
  for (const Json& record : whole["records"]) {
    for (Json stage : record["stages"]) {
      stage["case"] = record["case"];
      wanted.push_back(stage);
    }
  }
  ASSERT_GT(wanted.size(), whole["records"].size());
  EXPECT_EQ(visit(scenarios_result()).objects.at("stages"), wanted);
  EXPECT_EQ(visit(written(scenarios_config(), ResultFormat::ndjson, 2)).objects.at("stages"), wanted);
  Json broken = whole;
  broken["records"][1]["stages"] = Json::array({7});
  try {
    visit(broken.dump());
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("records[1].stages[0]: found 7"), std::string::npos) << error.what();
  }
}

TEST(ObjectStream, lines_that_break_off_are_an_incomplete_result) {
  const std::string whole = written(scenarios_config(), ResultFormat::ndjson, 2);
  const Visit cut = visit(whole.substr(0, whole.find("\"record\"", whole.size() / 4) + 40));
  EXPECT_FALSE(cut.head.complete);
  EXPECT_GT(cut.head.records, 0);
  EXPECT_LT(cut.head.records, cut.head.expected_cases);
  EXPECT_TRUE(cut.head.run.is_null());
}

TEST(ObjectStream, a_document_that_lacks_records_is_not_complete) {
  Json part = Json::parse(scenarios_result());
  part["records"].erase(1);
  EXPECT_FALSE(visit(part.dump()).head.complete);
}

TEST(ObjectStream, lines_of_two_files_joined_are_one_result) {
  const std::string one = written(scenarios_config(), ResultFormat::ndjson, 1);
  const Visit alone = visit(one), both = visit(one + one);
  EXPECT_TRUE(both.head.complete);
  EXPECT_EQ(both.head.records, 2 * alone.head.records);
  EXPECT_EQ(both.head.expected_cases, 2 * alone.head.expected_cases);
  EXPECT_FALSE(alone.head.run.is_null());
  EXPECT_TRUE(both.head.run.is_null()) << "no run made both";
  EXPECT_FALSE(visit(one + one.substr(0, one.rfind("{\"type\": \"end\""))).head.complete);
}

TEST(ObjectStream, a_document_may_not_say_whether_it_is_complete) {
  EXPECT_FALSE(visit(R"({"schema": "tristab-results/1", "records": []})").head.says_whether_complete);
  EXPECT_FALSE(visit(R"({"schema": "tristab-results/1", "records": []})").head.complete);
  const Visit part = visit(R"({"schema": "tristab-results/1", "run": {"cases": 3}, "records": []})");
  EXPECT_TRUE(part.head.says_whether_complete) << "it has fewer records than it promises";
}

TEST(ObjectStream, another_version_is_refused_before_its_records) {
  EXPECT_THROW(visit(R"({"schema": "tristab-results/2", "records": []})"), InputError);
  EXPECT_THROW(visit("{\"type\": \"header\", \"schema\": \"tristab-results/10\"}\n"), InputError);
  int seen = 0;
  const TemporaryDirectory directory;
  std::ofstream(directory / "r") << R"({"schema": "tristab-results/2", "records": [{"n": 1}]})";
  EXPECT_THROW(
      visit_result(directory / "r", {"records"}, [&](const std::string&, const Json&, const std::string&) { ++seen; }),
      InputError);
  EXPECT_EQ(seen, 0);
}

TEST(ObjectStream, what_is_no_result_is_refused) {
  for (const char* text :
       {"", "{}", "[1]", "3", R"({"schema": "tristab-results/1"})", R"({"schema": "tristab-results/1", "records": {}})",
        R"({"schema": "tristab-results/1", "records": [1]})",
        R"({"schema": "tristab-results/1", "records": [], "run": 3})", R"({"schema": "other/1", "records": []})",
        R"({"schema": "tristab-results/1", "rec)"}) {
    EXPECT_THROW(visit(text), InputError) << text;
  }
}

TEST(ObjectStream, shards_are_complete_only_together) {
  const auto part = [](int index) {
    return fmt::format(
        "{{\"type\": \"header\", \"schema\": \"tristab-results/1\", \"shard\": {{\"index\": {}, \"count\": 2}}, "
        "\"expected_cases\": 0}}\n{{\"type\": \"end\", \"complete\": true}}\n",
        index);
  };
  const std::string path = ::testing::TempDir() + "shards.ndjson";
  std::ofstream(path) << part(2);
  ResultHead head = visit_result(path, {}, {});
  EXPECT_FALSE(head.complete);
  EXPECT_EQ(head.shards, "shard 2/2");
  std::ofstream(path) << part(2) << part(1);
  head = visit_result(path, {}, {});
  EXPECT_TRUE(head.complete);
  EXPECT_EQ(head.shards, "");
}

}  // namespace tristab::object_stream_test
