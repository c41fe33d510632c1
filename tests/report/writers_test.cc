#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "small_sweep.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/evaluate.h"
#include "tristab/sweep/field.h"

namespace tristab::writers_test {

// Everything but tool, run, and what names them.
std::string comparable(const std::string& json) {
  Json document = Json::parse(json);
  document.erase("run");
  return document.dump();
}

TEST(Writers, json_does_not_depend_on_the_number_of_threads) {
  const std::string one = written(small_config(), ResultFormat::json, 1);
  const std::string two = small_result();
  const auto after_run = [](const std::string& text) { return text.substr(text.find("\n\"config\"")); };
  EXPECT_EQ(after_run(one), after_run(two));  // byte for byte
  EXPECT_EQ(comparable(one), comparable(two));
}

TEST(Writers, layers_do_not_depend_on_the_number_of_threads) {
  const auto after_run = [](const std::string& text) { return text.substr(text.find("\n\"config\"")); };
  EXPECT_EQ(after_run(written(layered_config(), ResultFormat::json, 1)), after_run(layered_result()));
}

// What stands in temporary files until the end is put down as if it had been in memory: one object a line,
// commas between them. Text of several blocks.
TEST(Writers, lists_of_many_records_have_one_object_a_line) {
  const SweepConfig config = make_config(Json{{"name", "many"},
                                              {"families", {"uniform"}},
                                              {"chunks", {16}},
                                              {"trials", 400},
                                              {"methods", {"mbh"}},
                                              {"arithmetics", {"fp16", "bf16"}}},
                                         {}, "test", "", "many");
  const std::string text = written(config, ResultFormat::json, 2);
  const std::size_t begin = text.find("\n\"records\": [\n"), end = text.find("\n],\n\"summary\": [\n");
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  ASSERT_GT(end - begin, std::size_t{2} << 20);  // more than a block of the temporary file
  std::istringstream lines(text.substr(begin + 14, end - begin - 14));
  const Json document = Json::parse(text);
  std::size_t k = 0;
  for (std::string line; std::getline(lines, line); ++k) {
    const bool last = k + 1 == document["records"].size();
    EXPECT_EQ(line.ends_with(","), !last);
    if (!last) line.pop_back();
    EXPECT_EQ(Json::parse(line), document["records"][k]);
  }
  EXPECT_EQ(k, 800u);
}

TEST(Writers, ndjson_does_not_depend_on_the_number_of_threads) {
  const auto before_end = [](const std::string& text) { return text.substr(0, text.find("{\"type\": \"end\"")); };
  EXPECT_EQ(before_end(written(small_config(), ResultFormat::ndjson, 1)),
            before_end(written(small_config(), ResultFormat::ndjson, 3)));
}

TEST(Writers, csv_does_not_depend_on_the_number_of_threads) {
  EXPECT_EQ(written(small_config(), ResultFormat::csv, 1), written(small_config(), ResultFormat::csv, 2));
}

TEST(Writers, ndjson_ends_with_its_end_line_and_has_a_line_for_everything) {
  std::istringstream lines(written(small_config(), ResultFormat::ndjson, 2));
  const Json document = Json::parse(small_result());
  std::map<std::string, std::size_t> count;
  std::string line, last;
  while (std::getline(lines, line)) {
    Json object = Json::parse(line);
    last = object["type"];
    const std::size_t k = count[last]++;
    object.erase("type");
    if (last == "record") {
      EXPECT_EQ(object, document["records"][k]);
    }
    if (last == "matrix") {
      EXPECT_EQ(object, document["matrices"][k]);
    }
    if (last == "summary") {
      EXPECT_EQ(object, document["summary"][k]);
    }
    if (last == "class") {
      EXPECT_EQ(object, document["classes"][k]);
    }
    if (last == "end") {
      EXPECT_EQ(object["complete"], true);
    }
  }
  EXPECT_EQ(last, "end");
  EXPECT_EQ(count["record"], document["records"].size());
  EXPECT_EQ(count["matrix"], document["matrices"].size());
  EXPECT_EQ(count["summary"], document["summary"].size());
  EXPECT_EQ(count["class"], document["classes"].size());
  EXPECT_EQ(count["header"], 1u);
}

// A reader of RFC 4180 that shares nothing with the writer.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (c == '\n' && !quoted) {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();
  return rows;
}

TEST(Writers, csv_holds_the_records_of_the_json) {
  const std::vector<std::vector<std::string>> rows = parse_csv(written(small_config(), ResultFormat::csv, 2));
  const Json document = Json::parse(small_result());
  ASSERT_EQ(rows.size(), document["records"].size() + 1);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    ASSERT_EQ(rows[r].size(), rows[0].size());
    for (std::size_t c = 0; c < rows[0].size(); ++c) {
      const Json& truth = document["records"][r - 1][rows[0][c]];
      const std::string& field = rows[r][c];
      if (truth.is_null()) {
        const Field* const known = find_field(rows[0][c]);
        ASSERT_NE(known, nullptr) << rows[0][c];
        const bool text = known->kind == Field::Kind::text, real = known->kind == Field::Kind::real;
        EXPECT_EQ(field, text ? "none" : real ? "NaN" : "") << rows[0][c];
      } else if (truth.is_string()) {
        EXPECT_EQ(field, truth.get<std::string>());
      } else {
        EXPECT_EQ(Json::parse(field), truth) << rows[0][c];
      }
    }
  }
}

// gnuplot 5.4 loses count of columns behind a field with a doubled quote.
TEST(Writers, csv_fields_with_quotes_stand_behind_all_others) {
  const std::string text = written(small_config(), ResultFormat::csv, 1);
  const std::string header = text.substr(0, text.find('\n'));
  const std::string row = text.substr(text.find('\n') + 1, text.find('\n', text.find('\n') + 1) - text.find('\n') - 1);
  const auto plain_columns = std::count(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(row.find('"')), ',');
  std::istringstream names(header);
  std::set<std::string> before_quotes;
  std::string name;
  for (long column = 0; column < plain_columns; ++column) {
    std::getline(names, name, ',');
    before_quotes.insert(name);
  }
  for (const char* wanted :
       {"method", "arithmetic_label", "n", "frobenius", "fit", "matmuls", "first_overflow_stage"}) {
    EXPECT_TRUE(before_quotes.contains(wanted)) << wanted;
  }
}

TEST(Writers, results_without_an_answer_keep_their_reasons) {
  const Json document = Json::parse(small_result());
  std::set<std::string> statuses;
  for (const Json& record : document["records"]) {
    const std::string status = record["status"];
    statuses.insert(status);
    EXPECT_EQ(record["message"].is_null(), status != "failed");
    for (const Field& field : record_fields()) {
      if (field.presence != Field::Presence::always) continue;  // absent in a plain sweep
      const Json& value = record.at(field.name());
      if (status != "ok" || field.kind != Field::Kind::real) continue;
      EXPECT_EQ(value.is_null(), record["undefined"].contains(field.name())) << record["case"] << " " << field.name();
    }
  }
  EXPECT_EQ(statuses, (std::set<std::string>{"failed", "nonfinite", "ok"}));
}

TEST(Writers, summary_medians_are_those_of_the_records) {
  const Json document = Json::parse(small_result());
  for (const Json& row : document["summary"]) {
    std::vector<double> errors;
    for (const Json& record : document["records"]) {
      bool same = record["status"] == "ok";
      for (const char* key :
           {"family", "family_params", "n", "method", "method_params", "arithmetic", "arithmetic_params"}) {
        same = same && record[key] == row[key];
      }
      if (same) errors.push_back(record["frobenius"]);
    }
    std::sort(errors.begin(), errors.end());
    if (errors.empty()) {
      EXPECT_TRUE(row["frobenius_median"].is_null());
      continue;
    }
    const std::size_t half = errors.size() / 2;
    const double median =
        errors.size() % 2 == 1 ? errors[half] : errors[half - 1] + (errors[half] - errors[half - 1]) / 2;
    EXPECT_DOUBLE_EQ(row["frobenius_median"].get<double>(), median);
    EXPECT_EQ(row["frobenius_max"].get<double>(), errors.back());
  }
}

TEST(Writers, a_stopped_run_leaves_no_result_but_its_journal) {
  const TemporaryDirectory directory;
  const SweepConfig config = small_config();
  const Plan plan = make_plan(config);
  std::atomic<bool> stop{false};
  for (const ResultFormat format : {ResultFormat::json, ResultFormat::csv, ResultFormat::ndjson}) {
    const std::string path = directory / extension_of(format);
    stop = false;
    {
      const auto writer = make_result_writer(format, path, small_header(config, plan));
      const RunOptions options{2, &stop, [&](const RunProgress&) { stop = true; }};
      EXPECT_THROW(run_sweep(config, plan, options, *writer), Stopped);
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    const std::string journal = read_text(path + ".partial");
    EXPECT_NE(journal.find("\n{\"type\": \"record\", "), std::string::npos);
    EXPECT_EQ(journal.find("\"end\""), std::string::npos);
  }
}

TEST(Writers, the_format_follows_from_the_option_or_the_extension) {
  EXPECT_EQ(result_format_of("", "a.b/c.ndjson"), ResultFormat::ndjson);
  EXPECT_EQ(result_format_of("csv", "c.json"), ResultFormat::csv);
  EXPECT_EQ(result_format_of("", "-"), ResultFormat::json);
  EXPECT_THROW(result_format_of("", "c.txt"), UsageError);
  EXPECT_THROW(result_format_of("", "dir.json/c"), UsageError);
  EXPECT_THROW(result_format_of("jsn", "c"), UsageError);
}

TEST(Writers, the_column_of_scenarios_stands_only_where_there_are_some) {
  const std::string plain = written(small_config(), ResultFormat::csv, 2);
  EXPECT_EQ(plain.substr(0, plain.find('\n')).find("scenario"), std::string::npos);
  const std::string csv = written(scenarios_config(), ResultFormat::csv, 2);
  EXPECT_TRUE(csv.starts_with("case,matrix,scenario,family,")) << csv.substr(0, 80);
  EXPECT_NE(csv.find(",second,ones,"), std::string::npos);
}

TEST(Writers, ndjson_ends_with_the_expectations) {
  const std::string text = written(scenarios_config(), ResultFormat::ndjson, 2);
  int expectations = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const Json object = Json::parse(line);
    expectations += object["type"] == "expectation" && object["met"] == true && object["scenario"] == "second";
  }
  EXPECT_EQ(expectations, 2);
}

}  // namespace tristab::writers_test
