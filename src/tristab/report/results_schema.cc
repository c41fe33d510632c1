#include "tristab/report/results_schema.h"

#include <cmath>

#include "tristab/base/embedded_file.h"
#include "tristab/base/json_reader.h"
#include "tristab/sweep/quantity.h"
#include "tristab/sweep/scenario.h"
#include "tristab/sweep/stability_class.h"
#include "tristab/sweep/summary_quantity.h"

namespace tristab {

std::span<const EmbeddedFile> results_schema_template();

namespace {

using Kind = Field::Kind;

Json reference_to(const char* name) { return {{"$ref", std::string("#/definitions/") + name}}; }

Json type_schema(const char* type, bool nullable) { return {{"type", nullable ? Json{type, "null"} : Json(type)}}; }

Json number_schema(const NumberInfo& info, bool nullable) {
  Json schema = type_schema(info.is_count ? "integer" : "number", nullable);
  if (std::isfinite(info.minimum)) schema["minimum"] = info.minimum;
  if (std::isfinite(info.maximum)) schema["maximum"] = info.maximum;
  return schema;
}

Json magnitude_schema(bool nullable) {
  Json schema = type_schema("number", nullable);
  schema["minimum"] = 0;
  return schema;
}

Json choice_schema(const std::vector<std::string>& choices, bool nullable) {
  Json schema{{"enum", choices}};
  if (nullable) schema["enum"].push_back(nullptr);
  return schema;
}

Json count_schema(bool nullable = false) {
  Json schema = type_schema("integer", nullable);
  schema["minimum"] = 0;
  return schema;
}

// The schema of a field that is not a number.
Json other_schema(const std::string& name, Kind kind, bool nullable) {
  if (name == "n") return reference_to("size");
  if (name == "scenario") return reference_to("scenario_name");
  if (name == "source" || name == "undefined") return reference_to(name.c_str());
  if (name == "stages") return {{"type", "array"}, {"items", reference_to("stage")}};
  switch (kind) {
    case Kind::integer:
      return count_schema(nullable);
    case Kind::object:
      return type_schema("object", nullable);
    case Kind::list:
      return type_schema("array", nullable);
    default: {
      Json schema = type_schema("string", nullable);
      schema["minLength"] = 1;
      return schema;
    }
  }
}

// A property of the template says more of the field, and stays.
void add(Json& definition, const std::string& name, Json schema, bool required = true) {
  definition["properties"].emplace(name, std::move(schema));
  if (required) definition["required"].push_back(name);
}

template <class NamingFields>
void add_naming(Json& definition, const NamingFields& fields) {
  for (const auto& field : fields) add(definition, field.name, other_schema(field.name, field.kind, field.nullable));
}

void add_input(Json& definition) {
  add(definition, "scenario", reference_to("scenario_name"), false);
  add_naming(definition, input_fields());
}

void add_record_fields(Json& record) {
  for (const Field& field : record_fields()) {
    Json schema = field.is_number() ? number_schema(field.info, field.nullable)
                                    : other_schema(field.name(), field.kind, field.nullable);
    if (!field.choices.empty()) schema = choice_schema(field.choices, field.nullable);
    schema["description"] = field.info.formula;
    add(record, field.name(), std::move(schema), field.presence == Field::Presence::always);
  }
}

void add_layer_fields(Json& layer) {
  for (const LayerField& field : layer_fields()) {
    Json schema =
        field.is_number() ? magnitude_schema(field.nullable) : other_schema(field.name, field.kind, field.nullable);
    if (!field.choices.empty()) schema = choice_schema(field.choices, field.nullable);
    add(layer, field.name, std::move(schema), !field.in_scenarios_only);
  }
  for (const LayerPart& part : layer_parts())
    add(layer["properties"]["by_chunk"], part.name, reference_to("layer_errors"));
}

void add_summary_fields(Json& summary) {
  const Json number{{"type", {"number", "null"}}};
  for (const TrialCount& count : trial_counts()) add(summary, count.name, count_schema());
  for (const Field* field : counted_fields()) add(summary, field->name(), number);
  for (const Field* field : distributed_fields()) {
    for (const SummaryStatistic& statistic : summary_statistics(field->info))
      add(summary, field->name() + std::string(statistic.suffix), number, field->presence == Field::Presence::always);
  }
}

void add_scenario_keys(Json& definition) {
  for (const ScenarioKey& key : scenario_keys()) {
    const Parameter& p = key.parameter;
    Json schema{{"enum", p.choices}};
    if (p.kind == Parameter::Kind::boolean) schema = {{"type", "boolean"}};
    if (p.kind == Parameter::Kind::text) schema = {{"type", "string"}};
    if (p.kind == Parameter::Kind::integer)
      schema = {{"type", "integer"}, {"minimum", p.minimum}, {"maximum", p.maximum}};
    add(definition, p.name, std::move(schema), !p.default_value.is_null());
  }
  for (const ScenarioList& list : scenario_lists())
    add(definition, list.key, {{"type", "array"}, {"items", {{"type", "object"}, {"required", {list.name_key}}}}});
}

}  // namespace

Json results_file_schema() {
  Json schema = parse_json(results_schema_template().front().text);
  Json& definitions = schema["definitions"];
  for (const char* name : {"matrix", "summary", "expectation"}) add_input(definitions[name]);
  for (const char* name : {"summary", "expectation", "class"}) add_naming(definitions[name], setting_fields());
  Json class_names;
  for (const StabilityClassInfo& each : stability_classes) class_names.push_back(each.name);
  definitions["class"]["properties"]["class"] = {{"enum", class_names}};
  add(definitions["class"], "scenario", reference_to("scenario_name"), false);
  for (const StageField& field : stage_fields())
    add(definitions["stage"], field.name, field.count != nullptr ? count_schema() : magnitude_schema(field.nullable));
  for (const MatrixFact& fact : matrix_facts()) add(definitions["matrix"], fact.name, magnitude_schema(true));
  Json layer_quantity_names = Json::array();
  for (const LayerQuantity& quantity : layer_quantities()) layer_quantity_names.push_back(quantity.name);
  add(definitions["expectation"], "layer", {{"enum", std::move(layer_quantity_names)}}, false);
  add_record_fields(definitions["record"]);
  add_layer_fields(definitions["layer"]);
  add_summary_fields(definitions["summary"]);
  add_scenario_keys(definitions["plain_config"]);
  add_scenario_keys(definitions["scenario"]);
  return schema;
}

}  // namespace tristab
