#include "tristab/sweep/settings_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "tristab/arithmetic/presets.h"
#include "tristab/format/format.h"
#include "tristab/layer/formation.h"
#include "tristab/layer/product_unit.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab {
namespace {

// The schema of one value of a parameter; parameters that it does not know have value_schema.
using ValueSchema = std::function<Json(const Parameter& parameter)>;

// One entry of a registry, or several that take the same parameters.
struct Entry {
  std::vector<std::string> names;
  const Description* description = nullptr;  // what an editor shows; of the first name
  std::vector<Parameter> parameters;
  std::vector<Json> conditions;  // what no single parameter can say
};

std::string shown_in_editor(const Description& description) {
  std::string text = description.summary;
  if (!description.formula.empty()) text += fmt::format("\n\n{}", description.formula);
  if (!description.source.empty()) text += fmt::format("\n\nSource: {}", description.source);
  return text;
}

Json properties_of(const std::string& owner, const Entry& entry, const ValueSchema& value,
                   SchemaDefinitions& definitions) {
  Json properties{{owner, Json::object()}};
  for (const Parameter& parameter : entry.parameters)
    properties[parameter.name] = parameter_schema(parameter, value(parameter), definitions);
  return properties;
}

// The parameters of an entry, where the object names it.
Json object_case(const std::string& owner, const Entry& entry, const ValueSchema& value,
                 SchemaDefinitions& definitions) {
  Json then{{"properties", properties_of(owner, entry, value, definitions)}, {"additionalProperties", false}};
  if (entry.description != nullptr) then["description"] = shown_in_editor(*entry.description);
  if (!entry.conditions.empty()) then["allOf"] = entry.conditions;
  const Json name =
      entry.names.size() == 1 ? Json{{"const", entry.names.front()}} : Json{{"enum", entry.names}};
  return {{"if", {{"properties", {{owner, name}}}, {"required", {owner}}}}, {"then", std::move(then)}};
}

// "NAME", or {"owner": NAME, parameter: value, ...}.
Json define(const std::string& owner, const Json& names, std::vector<Json> cases, const Json& text,
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

// Names with the lines that an editor shows beside them.
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

// The parameters of the chosen key, beta and decay models; those of other models are refused.
std::vector<Json> model_conditions(const std::vector<Parameter>& parameters) {
  std::vector<Json> conditions;
  for (const Parameter& parameter : parameters) {
    if (!parameter.default_value.is_string() || parameter.choices.empty()) continue;
    const std::string& otherwise = parameter.default_value.get_ref<const std::string&>();
    for (const ModelChoice& choice : {key_choice(), beta_choice(otherwise), decay_choice(otherwise)}) {
      if (choice.parameter != parameter.name) continue;
      std::map<std::string, std::vector<std::string>> owners;  // models by parameter
      for (const Model* model : choice.models) {
        for (const Parameter& own : model->parameters) owners[own.name].push_back(model->name);
      }
      for (const auto& [own, models] : owners)
        conditions.push_back(only_with_schema(own, choice.parameter, otherwise, models));
    }
  }
  return conditions;
}

// Parameters of the families `file` and `toeplitz` that are lists by themselves.
Json whole_list(std::size_t fewest, bool unique) {
  Json list{{"type", "array"},
            {"items", {{"type", "number"}, {"multipleOf", 1}, {"minimum", 0}, {"maximum", 9007199254740992}}},
            {"minItems", fewest}};
  if (unique) list["uniqueItems"] = true;
  return list;
}

Json list_valued_schema(const Parameter& parameter) {
  std::vector<Json> forms;
  if (parameter.name == "heads") {
    const Json list = whole_list(1, true);
    forms = {Json{{"const", "all"}}, list["items"], list,
             Json{{"type", "string"}, {"pattern", "^[0-9]+(,[0-9]+)*$"}}};
  } else if (parameter.name == "tokens") {
    Json list = whole_list(2, true);
    list["maxItems"] = 2;
    forms = {Json{{"const", "all"}}, list, Json{{"type", "string"}, {"pattern", "^[0-9]+:[0-9]+$"}}};
  } else {
    const Json number{{"type", "number"}, {"minimum", -1000000}, {"maximum", 1000000}};
    forms = {number, Json{{"type", "array"}, {"items", number}, {"minItems", 1}, {"maxItems", 4096}},
             Json{{"type", "string"}}};
  }
  return {{"anyOf", forms}, {"description", parameter.help}};
}

std::vector<Json> family_conditions(const Family& family) {
  const std::string& name = family.description.name;
  if (name == "file") {
    return {Json{{"required", {"path"}}}, exclusive_schema("tensor", "layer"),
            exclusive_schema("tensor", "beta"), exclusive_schema("layer", "beta"),
            Json{{"if", given_schema("g")}, {"then", given_schema("beta")}}};
  }
  if (name == "uniform-signed") return {exclusive_schema("scale", "condition")};
  return model_conditions(family.description.parameters);
}

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
std::vector<Entry> arithmetic_entries(bool quantised_too) {
  std::vector<Entry> entries;
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
  const auto with_more = [&](Entry entry) {
    entry.parameters.insert(entry.parameters.end(), more.begin(), more.end());
    return entry;
  };
  for (const Entry& entry : arithmetic_entries(quantised_too))
    cases.push_back(object_case("arithmetic", with_more(entry), value, definitions));
  for (const bool pure : {false, true}) {  // names of formats
    const Entry entry =
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

Json single_schema(const Json& reference) {
  const Json no_axis{{"not", {{"type", "array"}, {"minItems", 2}}}};
  return {{"allOf", {reference, Json{{"additionalProperties", no_axis}}}}};
}

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

Json define_families(SchemaDefinitions& definitions) {
  const Json reference = definitions.reserve("family");
  std::vector<Json> cases;
  std::vector<std::string> patterns;
  for (const Family& family : families()) {
    const Description& description = family.description;
    Entry entry{{description.name}, &description, description.parameters, family_conditions(family)};
    Json each = object_case(
        "family", entry,
        [&](const Parameter& parameter) {
          return parameter.kind == Parameter::Kind::nested ? single_schema(reference)
                                                           : value_schema(parameter);
        },
        definitions);
    for (const std::string& name : family.list_valued) {
      const auto own = std::ranges::find(description.parameters, name, &Parameter::name);
      each["then"]["properties"][name] = list_valued_schema(*own);
    }
    cases.push_back(std::move(each));
    const std::string pattern = inline_pattern(quoted_pattern(description.name), description.parameters);
    patterns.push_back(pattern.substr(1, pattern.size() - 2));  // without ^ and $
  }
  const Json text{{"type", "string"}, {"pattern", fmt::format("^({})$|^\\{{", fmt::join(patterns, "|"))}};
  definitions.set("family",
                  {{"anyOf", define("family", names_schema(family_descriptions()), cases, text, definitions)},
                   {"description",
                    "a family of matrices: a name, a name with parameters "
                    "(gdn:keys=silu), or an object; lists of values are axes"}});
  return reference;
}

Json define_methods(SchemaDefinitions& definitions) {
  const Json reference = definitions.reserve("method");
  std::vector<Json> cases;
  std::vector<Description> descriptions;
  std::vector<std::string> of_blocks;  // what a diagonal phase may be
  for (const Method& method : methods()) {
    descriptions.push_back(method.description);
    if (method.invert_blocks) of_blocks.push_back(method.description.name);
  }
  const Json diagonal{{"anyOf",
                       {Json{{"enum", of_blocks}},
                        Json{{"type", "object"}, {"properties", {{"method", {{"enum", of_blocks}}}}}}}}};
  for (const Method& method : methods()) {
    const Entry entry{{method.description.name}, &method.description, method.description.parameters, {}};
    cases.push_back(object_case(
        "method", entry,
        [&](const Parameter& parameter) {
          if (parameter.kind != Parameter::Kind::nested) return value_schema(parameter);
          Json nested = single_schema(reference);
          if (parameter.name == "diagonal") nested["allOf"].push_back(diagonal);
          return nested;
        },
        definitions));
  }
  definitions.set("method",
                  {{"anyOf", define("method", names_schema(descriptions), cases, {}, definitions)},
                   {"description", "an inversion method: a name, or an object; lists of values are axes"}});
  return reference;
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
                  {{"anyOf", define("arithmetic", arithmetic_name_schema(), cases, {}, definitions)},
                   {"description",
                    "an arithmetic: a name, a format's name such as e5m7 or e5m7-pure, or an "
                    "object; lists of values are axes"}});
  return reference_to("arithmetic");
}

Json define_formations(SchemaDefinitions& definitions) {
  std::vector<Json> cases;
  std::vector<std::string> patterns;
  const Json product{{"anyOf",
                      {reference_to("arithmetic.name"),
                       Json{{"type", "string"},
                            {"pattern", fmt::format("^{}(:[a-z_]+=[^:]*)*$|^\\{{", arithmetic_pattern())}}}}};
  const Json storage{{"anyOf", {Json{{"const", "accumulator"}}, reference_to("format")}}};
  for (const Description& description : formation_descriptions()) {
    const Entry entry{{description.name}, &description, description.parameters, {}};
    cases.push_back(object_case(
        "formation", entry,
        [&](const Parameter& parameter) {
          return parameter.name == "product"   ? product
                 : parameter.name == "storage" ? storage
                                               : value_schema(parameter);
        },
        definitions));
    const std::string pattern = inline_pattern(description.name, description.parameters);
    patterns.push_back(pattern.substr(1, pattern.size() - 2));
  }
  const Json text{{"type", "string"}, {"pattern", fmt::format("^({})$|^\\{{", fmt::join(patterns, "|"))}};
  definitions.reserve("formation");
  definitions.set(
      "formation",
      {{"anyOf", define("formation", names_schema(formation_descriptions()), cases, text, definitions)},
       {"description",
        "how A is formed from keys and gates: a name, a name with parameters, or an "
        "object; lists of values are axes"}});
  return reference_to("formation");
}

Json define_kernels(SchemaDefinitions& definitions) {
  std::vector<Json> cases;
  std::vector<Description> descriptions;
  for (const RecipeEntry& recipe : recipe_entries()) descriptions.push_back(recipe.description);
  for (const Description& description : descriptions) {
    const Entry entry{{description.name}, &description, description.parameters, {}};
    cases.push_back(object_case("kernel", entry, value_schema, definitions));
  }
  const Json names{
      {"anyOf", {names_schema(descriptions), Json{{"type", "string"}, {"pattern", "\\.json$"}}}}};
  definitions.reserve("kernel");
  definitions.set("kernel", {{"anyOf", define("kernel", names, cases, {}, definitions)},
                             {"description",
                              "a kernel's recipe: a name, the path of a recipe file, or an object; "
                              "lists of values are axes"}});
  return reference_to("kernel");
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
