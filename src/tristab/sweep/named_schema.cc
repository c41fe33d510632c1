#include "tristab/sweep/named_schema.h"

#include <fmt/format.h>

namespace tristab {
namespace {

std::string shown_in_editor(const Description& description) {
  std::string text = description.summary;
  if (!description.formula.empty()) text += fmt::format("\n\n{}", description.formula);
  if (!description.source.empty()) text += fmt::format("\n\nSource: {}", description.source);
  return text;
}

Json properties_of(const std::string& owner, const SchemaEntry& entry, const ValueSchema& value,
                   SchemaDefinitions& definitions) {
  Json properties{{owner, Json::object()}};
  for (const Parameter& parameter : entry.parameters)
    properties[parameter.name] = parameter_schema(parameter, value(parameter), definitions);
  return properties;
}

}  // namespace

Json object_case(const std::string& owner, const SchemaEntry& entry, const ValueSchema& value,
                 SchemaDefinitions& definitions) {
  Json then{{"properties", properties_of(owner, entry, value, definitions)}, {"additionalProperties", false}};
  if (entry.description != nullptr) then["description"] = shown_in_editor(*entry.description);
  if (!entry.conditions.empty()) then["allOf"] = entry.conditions;
  const Json name =
      entry.names.size() == 1 ? Json{{"const", entry.names.front()}} : Json{{"enum", entry.names}};
  return {{"if", {{"properties", {{owner, name}}}, {"required", {owner}}}}, {"then", std::move(then)}};
}

Json setting_forms(const std::string& owner, const Json& names, std::vector<Json> cases, const Json& text,
                   SchemaDefinitions& definitions) {
  const Json name = definitions.refer(fmt::format("{}.name", owner), names);
  const Json object{{"type", "object"},
                    {"required", {owner}},
                    {"properties", {{owner, name}}},
                    {"allOf", std::move(cases)}};
  Json forms{name};
  if (!text.is_null()) forms.push_back(text);
  forms.push_back(definitions.refer(fmt::format("{}.object", owner), object));
  return forms;
}

Json names_schema(const std::vector<std::string>& names, const std::vector<std::string>& summaries) {
  return {{"type", "string"}, {"enum", names}, {"enumDescriptions", summaries}};
}

Json names_schema(std::span<const Description> descriptions) {
  std::vector<std::string> names, summaries;
  for (const Description& description : descriptions) {
    names.push_back(description.name);
    summaries.push_back(description.summary);
  }
  return names_schema(names, summaries);
}

Json single_schema(const Json& reference) {
  const Json no_axis{{"not", {{"type", "array"}, {"minItems", 2}}}};
  return {{"allOf", {reference, Json{{"additionalProperties", no_axis}}}}};
}

}  // namespace tristab
