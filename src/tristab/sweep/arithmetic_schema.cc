#include "tristab/sweep/settings_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "tristab/arithmetic/presets.h"
#include "tristab/format/format.h"
#include "tristab/layer/product_unit.h"
#include "tristab/sweep/named_schema.h"

namespace tristab {
namespace {

std::vector<Json> arithmetic_conditions(const std::vector<Parameter>& parameters) {
  const auto has = [&](const char* name) {
    return std::ranges::find(parameters, name, &Parameter::name) != parameters.end();
  };
  std::vector<Json> conditions;
  const std::vector<std::string> block{"block"}, fixed{"static"};
  if (has("block_size")) conditions.push_back(only_with_schema("block_size", "scale", "tensor", block));
  if (has("static_amax")) {
    conditions.push_back(only_with_schema("static_amax", "scale_rule", "amax", fixed));
    conditions.push_back(
        {{"if", {{"required", {"scale_rule"}}, {"properties", {{"scale_rule", {{"const", "static"}}}}}}},
         {"then", given_schema("static_amax")}});
  }
  return conditions;
}

// Texts that name formats.
Json arithmetic_value(const Parameter& parameter) {
  if (parameter.name == "accumulate" && parameter.kind == Parameter::Kind::text)
    return reference_to("format");
  if (parameter.name == "vector_lanes")
    return {{"type", {"string", "null"}}, {"pattern", "^[0-9]+f?(,[0-9]+)*$"}};
  return value_schema(parameter);
}

// Arithmetics that take the same parameters, and the names of formats, which are not listed.
std::vector<SchemaEntry> arithmetic_entries(bool quantised_too) {
  std::vector<SchemaEntry> entries;
  std::map<std::string, std::size_t> known;
  const auto quantised = quantised_names();
  for (const std::string& name : arithmetic_names()) {
    if (!quantised_too && std::ranges::find(quantised, name) != quantised.end()) continue;
    const std::vector<Parameter> parameters = find_preset(name, name).description.parameters;
    Json table = Json::array();
    for (const Parameter& parameter : parameters)
      table.push_back({parameter.name, value_schema(parameter), parameter.default_value});
    const auto [found, fresh] = known.emplace(table.dump(), entries.size());
    if (fresh) entries.push_back({{}, nullptr, parameters, arithmetic_conditions(parameters)});
    entries[found->second].names.push_back(name);
  }
  return entries;
}

std::vector<Json> arithmetic_cases(const std::vector<Parameter>& more, bool quantised_too,
                                   const ValueSchema& value, SchemaDefinitions& definitions) {
  std::vector<Json> cases;
  const auto with_more = [&](SchemaEntry entry) {
    entry.parameters.insert(entry.parameters.end(), more.begin(), more.end());
    return entry;
  };
  for (const SchemaEntry& entry : arithmetic_entries(quantised_too))
    cases.push_back(object_case("arithmetic", with_more(entry), value, definitions));
  for (const bool pure : {false, true}) {  // names of formats
    const SchemaEntry entry =
        with_more({{}, nullptr, find_preset(pure ? "e5m7-pure" : "e5m7", "e5m7").description.parameters, {}});
    Json each = object_case("arithmetic", entry, value, definitions);
    each["if"]["properties"]["arithmetic"] = {
        {"pattern", fmt::format("^{}{}$", format_pattern(), pure ? "-pure" : "")},
        {"not", {{"enum", arithmetic_names()}}}};
    cases.push_back(std::move(each));
  }
  return cases;
}

Json arithmetic_name_schema() {
  std::vector<std::string> summaries;
  for (const std::string& name : arithmetic_names())
    summaries.push_back(find_preset(name, name).description.summary);
  return {{"anyOf",
           {names_schema(arithmetic_names(), summaries),
            Json{{"type", "string"}, {"pattern", fmt::format("^{}(-pure)?$", format_pattern())}}}}};
}

const std::vector<Parameter>& layer_parameters() {
  static const std::vector<Parameter> parameters{
      Parameter::nested("scores", "exact", "formation of the products of queries and keys"),
      Parameter::choice("exponential", "natural", exponential_names(), "how e^x of the gates is computed"),
      Parameter::integer("scan", 0, 0, 256,
                         "rows of a group of a GPU's scan of the gates; 0: sums one after the other")};
  return parameters;
}

}  // namespace

std::string format_pattern() {
  std::vector<std::string> names;
  for (const FormatDescription& format : format_descriptions()) {
    if (looks_like_format(format.name)) names.push_back(format.name);
  }
  return fmt::format(
      "({}|e[2-9]m[1-9][0-9]?|e11m52|p[0-9]+emin-?[0-9]+emax-?[0-9]+)(-infinity|-nan|-saturate)?(-flush)?",
      fmt::join(names, "|"));
}

std::vector<std::string> arithmetic_names() {
  std::vector<std::string> names;
  for (const Description& description : arithmetic_descriptions()) {
    if (!description.name.starts_with("eXmY")) names.push_back(description.name);
  }
  // tf32x3-a100 and its like have no entry in the listing.
  for (const UnitPreset& unit : unit_presets()) {
    if ((unit.operand != "tf32" && unit.operand != "bf16") || unit.model != AccumulationModel::matrix_unit)
      continue;
    const std::string split = fmt::format("{}x3{}", unit.operand, unit.name.substr(unit.operand.size()));
    if (std::ranges::find(names, split) == names.end()) names.push_back(split);
  }
  return names;
}

std::string arithmetic_pattern() {
  std::vector<std::string> names;
  for (const std::string& name : arithmetic_names()) names.push_back(quoted_pattern(name));
  return fmt::format("({}|{}(-pure)?)", fmt::join(names, "|"), format_pattern());
}

Json define_arithmetics(SchemaDefinitions& definitions) {
  std::vector<std::string> formats, summaries;
  for (const FormatDescription& format : format_descriptions()) {
    if (!looks_like_format(format.name)) continue;
    formats.push_back(format.name);
    summaries.push_back(format.summary);
  }
  definitions.reserve("format");
  definitions.set("format",
                  {{"anyOf",
                    {names_schema(formats, summaries),
                     Json{{"type", "string"}, {"pattern", fmt::format("^{}$", format_pattern())}}}}});
  definitions.reserve("arithmetic");
  const std::vector<Json> cases = arithmetic_cases({}, true, arithmetic_value, definitions);
  definitions.set("arithmetic",
                  {{"anyOf", setting_forms("arithmetic", arithmetic_name_schema(), cases, {}, definitions)},
                   {"description",
                    "an arithmetic: a name, a format's name such as e5m7 or e5m7-pure, or an "
                    "object; lists of values are axes"}});
  return reference_to("arithmetic");
}

Json define_layer_arithmetics(SchemaDefinitions& definitions) {
  const ValueSchema value = [&](const Parameter& parameter) {
    return parameter.name == "scores" ? single_schema(reference_to("formation"))
                                      : arithmetic_value(parameter);
  };
  const Json object{{"type", "object"},
                    {"required", {"arithmetic"}},
                    {"properties", {{"arithmetic", reference_to("arithmetic.name")}}},
                    {"allOf", arithmetic_cases(layer_parameters(), false, value, definitions)}};
  const std::vector<std::string> integers(quantised_names().begin(), quantised_names().end());
  const Json name{{"allOf", {reference_to("arithmetic.name"), Json{{"not", {{"enum", integers}}}}}}};
  const Json text{{"type", "string"},
                  {"pattern", fmt::format("^{}(:[a-z_]+=[^:]*)*$|^\\{{", arithmetic_pattern())},
                  {"not", {{"enum", integers}}}};
  const Json one = single_schema(object);
  return {{"anyOf", {name, text, definitions.refer("layer_arithmetic.object", one)}},
          {"default", "bf16"},
          {"description",
           "arithmetic of everything in the layer but the inverse: a name, a name with "
           "parameters, or an object (also with scores, exponential and scan)"}};
}

}  // namespace tristab
