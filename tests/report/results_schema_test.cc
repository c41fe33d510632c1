#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "small_sweep.h"
#include "tristab/report/column.h"

namespace tristab {
namespace {

Json schema_json() {
  return Json::parse(
      read_text(std::filesystem::path(TRISTAB_SOURCE_DIR) / "src/tristab/report/results.schema.json"));
}

// "" when the document is valid, else the first error.
std::string schema_error(const Json& document) {
  const Json schema_text = schema_json();
  valijson::Schema schema;
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_text), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results)) return "";
  std::string message;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& step : error.context) message += step;
    message.append(": ").append(error.description).append("; ");
  }
  return message.empty() ? "invalid" : message;
}

TEST(ResultsSchema, a_result_with_cases_of_every_kind_is_valid) {
  EXPECT_EQ(schema_error(Json::parse(small_result())), "");
}

TEST(ResultsSchema, a_result_of_scenarios_with_expectations_is_valid) {
  const Json result = Json::parse(scenarios_result());
  EXPECT_EQ(schema_error(result), "");
  ASSERT_EQ(result["expectations"].size(), 2u);
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> damages{
      {"an expectation without an outcome", [](Json& d) { d["expectations"][0].erase("met"); }},
      {"an expectation without a bound", [](Json& d) { d["expectations"][0].erase("at_least"); }},
      {"a list of no expectation", [](Json& d) { d["expectations"] = Json::array(); }},
      {"a scenario without a name", [](Json& d) { d["config"]["scenarios"][0].erase("name"); }},
      {"a scenario named by a number", [](Json& d) { d["summary"][0]["scenario"] = 1; }},
  };
  for (const auto& [name, damage] : damages) {
    Json damaged = result;
    damage(damaged);
    EXPECT_NE(schema_error(damaged), "") << name;
  }
}

TEST(ResultsSchema, a_plain_result_says_nothing_of_scenarios) {
  EXPECT_EQ(small_result().find("scenario"), std::string::npos);
  EXPECT_EQ(small_result().find("expect"), std::string::npos);
}

// The first record of a status.
Json& record_of(Json& document, const char* status) {
  for (Json& record : document["records"]) {
    if (record["status"] == status) return record;
  }
  throw std::logic_error("no such record");
}

TEST(ResultsSchema, every_damage_is_found) {
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> damages{
      {"another schema", [](Json& d) { d["schema"] = "tristab-results/2"; }},
      {"no records", [](Json& d) { d.erase("records"); }},
      {"an unknown part", [](Json& d) { d["recrods"] = Json::array(); }},
      {"a field missing", [](Json& d) { d["records"][0].erase("workspace_bytes"); }},
      {"a field misspelt", [](Json& d) { d["records"][0]["frobenious"] = 1; }},
      {"text for a number", [](Json& d) { d["records"][0]["frobenius"] = "0.1"; }},
      {"a negative error", [](Json& d) { record_of(d, "ok")["frobenius"] = -0.1; }},
      {"an unknown status", [](Json& d) { d["records"][0]["status"] = "good"; }},
      {"an unknown verdict", [](Json& d) { d["records"][0]["verdict"] = "good"; }},
      {"a failed record with a verdict", [](Json& d) { record_of(d, "failed")["verdict"] = "pass"; }},
      {"a failed record without a message", [](Json& d) { record_of(d, "failed")["message"] = nullptr; }},
      {"a finite record with non-finite entries", [](Json& d) { record_of(d, "ok")["nonfinite"] = 1; }},
      {"a non-finite record that passes", [](Json& d) { record_of(d, "nonfinite")["verdict"] = "pass"; }},
      {"a reference that is not certified",
       [](Json& d) { d["matrices"][0]["references"][0]["residual"] = 1e-20; }},
      {"a size beyond 256", [](Json& d) { d["records"][0]["n"] = 512; }},
      {"a fractional count", [](Json& d) { record_of(d, "ok")["matmuls"] = 1.5; }},
      {"a summary without trials", [](Json& d) { d["summary"][0]["trials"] = 0; }},
      {"a summary of an unknown quantile", [](Json& d) { d["summary"][0]["frobenius_p99"] = 0; }},
      {"an unknown class", [](Json& d) { d["classes"][0]["class"] = "fine"; }},
      {"no chunks", [](Json& d) { d["config"]["chunks"] = Json::array(); }},
      {"a local time", [](Json& d) { d["run"]["started"] = "yesterday"; }},
  };
  const Json document = Json::parse(small_result());
  for (const auto& [name, damage] : damages) {
    Json damaged = document;
    damage(damaged);
    EXPECT_NE(schema_error(damaged), "") << name;
  }
}

TEST(ResultsSchema, its_record_has_the_fields_of_the_column_table) {
  const Json record = schema_json()["definitions"]["record"];
  std::set<std::string> columns, properties, required;
  for (const Column& column : record_columns()) {
    columns.insert(column.name);
    const Json& property = record["properties"][column.name];
    if (!property.contains("type")) continue;  // an enumeration or a reference
    const Json type = property["type"].is_array() ? property["type"] : Json::array({property["type"]});
    const auto allows = [&](const char* name) {
      return std::find(type.begin(), type.end(), name) != type.end();
    };
    EXPECT_EQ(allows("null"), column.nullable) << column.name;
    EXPECT_EQ(allows("integer"), column.kind == Column::Kind::integer) << column.name;
    EXPECT_EQ(allows("number"), column.kind == Column::Kind::real) << column.name;
    EXPECT_EQ(allows("string"), column.kind == Column::Kind::text) << column.name;
    EXPECT_EQ(allows("object"), column.kind == Column::Kind::object) << column.name;
    EXPECT_EQ(allows("array"), column.kind == Column::Kind::list) << column.name;
  }
  for (const auto& [name, property] : record["properties"].items()) properties.insert(name);
  for (const Json& name : record["required"]) required.insert(name);
  EXPECT_EQ(properties, columns);
  for (const Column& column : record_columns()) {
    if (column.of_scenarios) columns.erase(column.name);  // absent in plain sweeps
  }
  EXPECT_EQ(required, columns);
}

}  // namespace
}  // namespace tristab
