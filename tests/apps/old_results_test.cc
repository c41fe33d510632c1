// Results of other times: with few fields, with unknown ones, cut off, empty, joined by hand, of another
// schema version. Report, export, compare and diff show what there is, say what there is not, and make nothing up.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "run_program.h"
#include "tristab/base/json.h"
#include "tristab/base/parameters.h"

namespace tristab::old_results_test {

Json record(const char* method, int trial, double frobenius) {
  return Json{{"family", "uniform"},  {"n", 16},        {"trial", trial},        {"method", method},
              {"arithmetic", "fp16"}, {"status", "ok"}, {"frobenius", frobenius}};
}

Json few_fields() {
  return Json{
      {"schema", "tristab-results/1"},
      {"records", {record("mbh", 0, 1e-4), record("mbh", 1, 3e-4), record("mch", 0, 2e-3), record("mch", 1, 5e-3)}}};
}

std::string lines_of(const Json& result, int expected, bool ended) {
  std::string text =
      fmt::format("{{\"type\": \"header\", \"schema\": \"tristab-results/1\", \"expected_cases\": {}}}\n", expected);
  for (Json each : result["records"]) {
    each["type"] = "record";
    text += each.dump() + "\n";
  }
  return ended ? text + "{\"type\": \"end\", \"complete\": true}\n" : text;
}

Json page_data(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t start = page.find(open) + open.size();
  return Json::parse(page.substr(start, page.find("</script>", start) - start));
}

// Everything that reads a result.
const std::vector<std::string>& readers() {
  static const std::vector<std::string> commands{"report {} -o o.html",
                                                 "export {} --csv o.csv",
                                                 "export {} --ndjson o.ndjson",
                                                 "export {} --gnuplot og",
                                                 "compare {}",
                                                 "compare {} --metrics frobenius",
                                                 "diff {0} {0}"};
  return commands;
}

void expect_all_read(const Workplace& place, const std::string& name, const std::string& note) {
  for (const std::string& command : readers()) {
    const ProgramResult result = place.run(fmt::format(fmt::runtime(command), name));
    EXPECT_EQ(result.status, 0) << command << ": " << result.err;
    EXPECT_NE(result.err.find(note), std::string::npos) << command << ": " << result.err;
  }
}

void expect_all_refuse(const Workplace& place, const std::string& name, const std::string& message) {
  for (const std::string& command : readers()) {
    const ProgramResult result = place.run(fmt::format(fmt::runtime(command), name));
    EXPECT_EQ(result.status, 3) << command;
    EXPECT_NE(result.err.find(message), std::string::npos) << command << ": " << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
}

TEST(OldResults, with_few_fields_are_shown_without_the_others) {
  const Workplace place;
  place.write("few.json", few_fields().dump());
  expect_all_read(place, "few.json", "few.json does not say whether it is complete: 4 records");
  const Json data = page_data(place.read("o.html"));
  EXPECT_EQ(data["complete"], nullptr);
  EXPECT_EQ(data["run"], nullptr);
  EXPECT_EQ(data["groups"]["frobenius"]["median"], (Json{2e-4, 3.5e-3}));
  for (const char* absent : {"total_frobenius", "strict_lower", "growth", "error_formation"}) {
    EXPECT_FALSE(data["groups"].contains(absent)) << absent;
  }
  for (const char* cost : {"matmuls", "matmul_flops", "depth"})
    EXPECT_EQ(data["groups"][cost], (Json{nullptr, nullptr})) << cost;
  for (const char* word : {"fit", "unfit", "trivial"}) EXPECT_EQ(data["groups"][word], (Json{0, 0})) << word;
  EXPECT_FALSE(data["matrices"].contains("cond_2"));
  EXPECT_TRUE(data["layers"].empty());
  const std::string csv = place.read("o.csv");
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "family,n,trial,method,arithmetic,status,frobenius");
  const std::string table = place.run("compare few.json").out;
  EXPECT_NE(table.find("n = 16, 2 matrices; frobenius:"), std::string::npos) << table;
  EXPECT_NE(table.find("2.0e-04"), std::string::npos) << table;
  const std::size_t row = table.find("\n1 ") + 1;
  EXPECT_EQ(table[table.find('\n', row) - 1], '-') << "no depth is known: " << table;
}

TEST(OldResults, with_unknown_fields_keep_them_and_say_when_not_complete) {
  const Workplace place;
  Json result = few_fields();
  result["future"] = Json{{"a", {1, 2}}};
  result["run"] = Json{{"complete", false}, {"cases", 9}, {"later", true}};
  for (Json& each : result["records"]) {
    each["new_metric"] = 1.5;
    each["new_object"] = Json{{"b", nullptr}};
  }
  place.write("extra.json", result.dump());
  expect_all_read(place, "extra.json", "extra.json is not complete: 4 records of 9");
  EXPECT_NE(place.read("o.csv").find("new_metric,new_object"), std::string::npos);
  EXPECT_EQ(page_data(place.read("o.html"))["complete"], false);
}

TEST(OldResults, cut_within_a_line_end_before_it) {
  const Workplace place;
  const std::string whole = lines_of(few_fields(), 4, false);
  place.write("cut.ndjson", whole.substr(0, whole.size() - 40));
  expect_all_read(place, "cut.ndjson", "cut.ndjson is not complete: 3 records of 4");
  EXPECT_EQ(page_data(place.read("o.html"))["records"], 3);
}

TEST(OldResults, without_a_record_make_a_page_that_says_so_and_nothing_else) {
  const Workplace place;
  place.write("none.ndjson", lines_of(Json{{"records", Json::array()}}, 7, false));
  place.write("none.json", R"({"schema": "tristab-results/1", "records": []})");
  for (const char* name : {"none.ndjson", "none.json"}) {
    EXPECT_EQ(place.run(fmt::format("report {} -o {}.html", name, name)).status, 0);
    EXPECT_EQ(page_data(place.read(fmt::format("{}.html", name)))["records"], 0);
    for (const char* form : {"--csv o", "--ndjson o", "--gnuplot o"}) {
      const ProgramResult result = place.run(fmt::format("export {} {}", name, form));
      EXPECT_EQ(result.status, 3) << form;
      EXPECT_NE(result.err.find("found no "), std::string::npos) << result.err;
    }
    EXPECT_EQ(place.run(fmt::format("compare {}", name)).status, 2);
  }
}

TEST(OldResults, joined_by_hand_are_one) {
  const Workplace place;
  Json first = few_fields(), second = few_fields();
  first["records"].erase(3);
  second["records"].erase(0);
  second["records"].erase(0);
  second["records"].erase(0);
  place.write("joined.ndjson", lines_of(first, 3, true) + lines_of(second, 1, true));
  expect_all_read(place, "joined.ndjson", "");
  EXPECT_EQ(place.run("report joined.ndjson -o o.html").err, "");
  EXPECT_EQ(page_data(place.read("o.html"))["groups"]["frobenius"]["median"], (Json{2e-4, 3.5e-3}));
  place.write("half.ndjson", lines_of(first, 3, true) + lines_of(second, 2, false));
  expect_all_read(place, "half.ndjson", "half.ndjson is not complete: 4 records of 5");
}

TEST(OldResults, with_answers_that_failed_alone_have_no_numbers) {
  const Workplace place;
  Json result = few_fields();
  for (Json& each : result["records"]) {
    each.erase("frobenius");
    each["status"] = "failed";
    each["message"] = "no gates";
  }
  place.write("failed.json", result.dump());
  EXPECT_EQ(place.run("report failed.json -o o.html").status, 0);
  const Json data = page_data(place.read("o.html"));
  EXPECT_EQ(data["groups"]["failed"], (Json{2, 2}));
  EXPECT_FALSE(data["groups"].contains("frobenius"));
  EXPECT_EQ(place.run("export failed.json --csv o.csv").status, 0);
  EXPECT_NE(place.run("compare failed.json").out.find("failed 2/2"), std::string::npos);
  EXPECT_EQ(place.run("export failed.json --gnuplot og").status, 3);
}

TEST(OldResults, whose_records_lack_their_names_are_refused_with_the_place) {
  const Workplace place;
  place.write("empty.json", R"({"schema": "tristab-results/1", "records": [{}]})");
  for (const char* command : {"report empty.json -o o.html", "export empty.json --gnuplot o", "compare empty.json"}) {
    const ProgramResult result = place.run(command);
    EXPECT_EQ(result.status, 3) << command;
    EXPECT_NE(result.err.find("empty.json: records[0].family: found nothing"), std::string::npos) << result.err;
  }
}

TEST(OldResults, that_are_tables_are_refused_as_such) {
  const Workplace place;
  place.write("c.json",
              R"({"name": "c", "chunks": [16], "families": ["ones"], "methods": ["mbh"], "arithmetics": ["fp16"]})");
  ASSERT_EQ(place.run("sweep c.json -o r.csv").status, 0);
  expect_all_refuse(place, "r.csv",
                    "r.csv: found a table of records (--format csv); allowed: a result of tristab sweep");
}

TEST(OldResults, of_another_schema_version_are_refused_before_their_records) {
  const Workplace place;
  const std::string message =
      "found the schema 'tristab-results/2'; allowed: 'tristab-results/1', the one that tristab ";
  Json result = few_fields();
  result["records"][0]["n"] = "sixteen";
  std::string text = lines_of(result, 4, true);
  place.write("later.ndjson", text.replace(text.find("results/1"), 9, "results/2"));
  place.write("later.json", R"({"schema": "tristab-results/2", "records": [{"n": "sixteen"}]})");
  expect_all_refuse(place, "later.json", message);
  expect_all_refuse(place, "later.ndjson", message);
}

}  // namespace tristab::old_results_test
