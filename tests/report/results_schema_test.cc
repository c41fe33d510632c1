#include "tristab/report/results_schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "small_sweep.h"
#include "support/parsed_schema.h"
#include "tristab/base/json.h"
#include "tristab/sweep/field.h"
#include "tristab/sweep/schema.h"

namespace tristab::results_schema_test {

// "" when the document is valid, else the errors.
std::string schema_error(const Json& document) {
  static const ParsedSchema schema(results_file_schema());
  return schema.error(document);
}

TEST(ResultsSchema, the_committed_copy_is_the_one_of_this_program) {
  EXPECT_EQ(read_text(std::filesystem::path(TRISTAB_SOURCE_DIR) / "configs/results.schema.json"),
            schema_text(results_file_schema()));
}

// src/tristab/report/README.md promises it.
TEST(ResultsSchema, every_field_of_version_1_0_0_stays) {
  const Json definitions = Json::parse(schema_text(results_file_schema()))["definitions"];
  std::ifstream fields(std::filesystem::path(TRISTAB_TEST_DATA) / "result-fields-1.0.0.txt");
  int count = 0;
  for (std::string line; std::getline(fields, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string section, name, type;
    words >> section >> name >> type;
    const Json& properties = definitions.at(section).at("properties");
    ASSERT_TRUE(properties.contains(name)) << section << '.' << name;
    const Json& field = properties[name];
    std::string found = field.contains("const") ? "const" : field.contains("enum") ? "enum" : "";
    if (field.contains("$ref")) found = field["$ref"];
    if (field.contains("type")) {
      const Json types = field["type"].is_array() ? field["type"] : Json::array({field["type"]});
      found.clear();
      for (const Json& each : types) found += (found.empty() ? "" : ",") + each.get<std::string>();
    }
    EXPECT_EQ(found, type) << section << '.' << name;
    ++count;
  }
  EXPECT_GT(count, 400);
}

TEST(ResultsSchema, a_result_with_cases_of_every_kind_is_valid) {
  EXPECT_EQ(schema_error(Json::parse(small_result())), "");
}

TEST(ResultsSchema, the_committed_example_is_valid) {
  const std::filesystem::path results = std::filesystem::path(TRISTAB_SOURCE_DIR) / "results";
  EXPECT_EQ(schema_error(Json::parse(read_text(results / "example-quick.json"))), "");
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

// The first layer of a status.
Json& layer_of(Json& document, const char* status) {
  for (Json& layer : document["layers"]) {
    if (layer["status"] == status) return layer;
  }
  throw std::logic_error("no such layer");
}

TEST(ResultsSchema, a_result_with_layers_and_formations_is_valid) {
  const Json result = Json::parse(layered_result());
  EXPECT_EQ(schema_error(result), "");
  const std::vector<std::pair<const char*, std::function<void(Json&)>>> damages{
      {"a list of no layer", [](Json& d) { d["layers"] = Json::array(); }},
      {"an unknown field", [](Json& d) { d["layers"][0]["outputs"] = 1; }},
      {"a field missing", [](Json& d) { d["layers"][0].erase("state_max"); }},
      {"a layer without its sequence", [](Json& d) { d["layers"][0]["sequence"] = ""; }},
      {"a negative error", [](Json& d) { layer_of(d, "ok")["o"] = -1; }},
      {"errors of no chunk", [](Json& d) { d["layers"][0]["by_chunk"]["chunks"] = {0}; }},
      {"errors of W alone", [](Json& d) { d["layers"][0]["by_chunk"].erase("u"); }},
      {"a finite layer that stopped", [](Json& d) { layer_of(d, "ok")["first_nonfinite_chunk"] = 0; }},
      {"a layer that stopped nowhere", [](Json& d) { layer_of(d, "nonfinite")["first_nonfinite_chunk"] = nullptr; }},
      {"a failed layer with an error", [](Json& d) { layer_of(d, "failed")["o"] = 0.1; }},
      {"a failed layer without a message", [](Json& d) { layer_of(d, "failed")["message"] = nullptr; }},
      {"a record without a formation", [](Json& d) { d["records"][0].erase("formation"); }},
      {"a negative error of formation", [](Json& d) { d["records"][0]["error_formation"] = -1; }},
      {"a summary formed by a number", [](Json& d) { d["summary"][0]["formation"] = 1; }},
      {"a class without a formation", [](Json& d) { d["classes"][0].erase("formation"); }},
      {"a configuration without formations", [](Json& d) { d["config"].erase("formations"); }},
      {"a layer that is neither true nor false", [](Json& d) { d["config"]["layer"] = "yes"; }},
      {"an expectation about an unknown number", [](Json& d) { d["expectations"][0]["layer"] = "p"; }},
  };
  for (const auto& [name, damage] : damages) {
    Json damaged = result;
    damage(damaged);
    EXPECT_NE(schema_error(damaged), "") << name;
  }
}

// Each NDJSON line, without its type, is an element of the JSON result's lists.
TEST(ResultsSchema, ndjson_lines_of_layers_are_those_of_the_valid_result) {
  const Json document = Json::parse(layered_result());
  std::istringstream lines(written(layered_config(), ResultFormat::ndjson, 1));
  std::map<std::string, std::size_t> count;
  for (std::string line; std::getline(lines, line);) {
    Json object = Json::parse(line);
    const std::string type = object["type"];
    object.erase("type");
    const std::string list = type == "layer"         ? "layers"
                             : type == "record"      ? "records"
                             : type == "expectation" ? "expectations"
                                                     : "";
    if (!list.empty()) {
      EXPECT_EQ(object, document[list][count[list]++]) << line;
    }
  }
  EXPECT_EQ(count["layers"], document["layers"].size());
  EXPECT_EQ(count["records"], document["records"].size());
  EXPECT_EQ(count["expectations"], 3u);
}

TEST(ResultsSchema, layers_say_what_became_of_each_sequence) {
  const Json document = Json::parse(layered_result());
  ASSERT_EQ(document["layers"].size(), 2u * 2 * 3);  // families with tokens, trials, settings
  std::map<std::string, int> statuses;
  for (const Json& layer : document["layers"]) {
    const std::string status = layer["status"];
    ++statuses[status];
    EXPECT_EQ(layer["tokens"], 3 * 64);
    EXPECT_EQ(layer["layer_arithmetic"], layer["kernel"].is_null() ? "bf16" : "bf16-h100");
    EXPECT_GT(layer["state_max_exact"], 0);
    const bool gram = layer["formation"].is_string() && layer["formation"].get<std::string>() == "gram";
    if (status == "failed") {
      EXPECT_TRUE(gram && layer["family"] == "kda") << layer.dump();
      EXPECT_EQ(layer["undefined"]["o"], "no answer");
      EXPECT_TRUE(layer["by_chunk"]["chunks"].empty());
      continue;
    }
    EXPECT_EQ(layer["by_chunk"]["chunks"], Json({1, 2, 3}));
    for (const char* part : {"w", "u", "o", "state"}) {
      EXPECT_EQ(layer["by_chunk"][part].size(), 3u);
      EXPECT_EQ(layer["by_chunk"][part].back(), layer[part]);
      EXPECT_EQ(layer[part].is_null(), layer["undefined"].contains(part));
      EXPECT_EQ(layer[part].is_null(), status == "nonfinite");
    }
    if (status == "nonfinite") {
      EXPECT_TRUE(layer["method"] == "mch" && layer["family"] == "gdn") << layer.dump();
      EXPECT_EQ(layer["first_nonfinite_chunk"], 0);
    }
  }
  EXPECT_EQ(statuses, (std::map<std::string, int>{{"failed", 2}, {"nonfinite", 4}, {"ok", 6}}));
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
      {"an unknown word for fit", [](Json& d) { d["records"][0]["fit"] = "good"; }},
      {"a failed record that is fit", [](Json& d) { record_of(d, "failed")["fit"] = "fit"; }},
      {"a failed record without a message", [](Json& d) { record_of(d, "failed")["message"] = nullptr; }},
      {"a finite record with non-finite entries", [](Json& d) { record_of(d, "ok")["nonfinite"] = 1; }},
      {"a non-finite record that is fit", [](Json& d) { record_of(d, "nonfinite")["fit"] = "fit"; }},
      {"a reference that is not certified", [](Json& d) { d["matrices"][0]["references"][0]["residual"] = 1e-20; }},
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

TEST(ResultsSchema, every_field_of_a_record_is_named_once_and_described) {
  std::set<std::string> names;
  for (const Field& field : record_fields()) {
    EXPECT_TRUE(names.insert(field.name()).second) << field.name();
    EXPECT_FALSE(field.info.formula.empty()) << field.name();
  }
  for (const MetricInfo& info : metrics()) EXPECT_TRUE(names.contains(info.name)) << info.name;
}

TEST(ResultsSchema, its_record_has_the_fields_of_the_table) {
  const Json record = results_file_schema()["definitions"]["record"];
  std::set<std::string> fields, properties, required;
  for (const Field& field : record_fields()) {
    fields.insert(field.name());
    const Json& property = record["properties"][field.name()];
    if (!property.contains("type")) continue;  // an enumeration or a reference
    const Json type = property["type"].is_array() ? property["type"] : Json::array({property["type"]});
    const auto allows = [&](const char* name) { return std::find(type.begin(), type.end(), name) != type.end(); };
    EXPECT_EQ(allows("null"), field.nullable) << field.name();
    EXPECT_EQ(allows("integer"), field.kind == Field::Kind::integer) << field.name();
    EXPECT_EQ(allows("number"), field.kind == Field::Kind::real) << field.name();
    EXPECT_EQ(allows("string"), field.kind == Field::Kind::text) << field.name();
    EXPECT_EQ(allows("object"), field.kind == Field::Kind::object) << field.name();
    EXPECT_EQ(allows("array"), field.kind == Field::Kind::list) << field.name();
  }
  for (const auto& [name, property] : record["properties"].items()) properties.insert(name);
  for (const Json& name : record["required"]) required.insert(name);
  EXPECT_EQ(properties, fields);
  for (const Field& field : record_fields()) {
    if (field.presence != Field::Presence::always) fields.erase(field.name());  // absent in plain sweeps
  }
  EXPECT_EQ(required, fields);
}

}  // namespace tristab::results_schema_test
