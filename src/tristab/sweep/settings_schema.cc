#include "tristab/sweep/settings_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "tristab/layer/formation.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/named_schema.h"

namespace tristab {
namespace {

// The choice between models that a parameter is; none for others.
std::optional<ModelChoice> choice_of_models(const Parameter& parameter) {
  if (!parameter.default_value.is_string() || parameter.choices.empty()) return {};
  const std::string& otherwise = parameter.default_value.get_ref<const std::string&>();
  for (ModelChoice& choice : std::array{key_choice(), beta_choice(otherwise), decay_choice(otherwise)}) {
    if (choice.parameter == parameter.name) return std::move(choice);
  }
  return {};
}

std::vector<std::string> model_formulas(const Parameter& parameter) {
  std::vector<std::string> formulas;
  const std::optional<ModelChoice> choice = choice_of_models(parameter);
  if (!choice) return formulas;
  for (const std::string& name : parameter.choices) {  // the default first, perhaps
    const auto model = std::ranges::find(choice->models, name, &Model::name);
    formulas.push_back(model == choice->models.end() ? "" : (*model)->formula);
  }
  return formulas;
}

// The parameters of the chosen key, beta and decay models; those of other models are refused.
std::vector<Json> model_conditions(const std::vector<Parameter>& parameters, SchemaDefinitions& definitions) {
  std::vector<Json> conditions;
  for (const Parameter& parameter : parameters) {
    const std::optional<ModelChoice> choice = choice_of_models(parameter);
    if (!choice) continue;
    std::map<std::string, std::vector<std::string>> owners;  // models by parameter
    for (const Model* model : choice->models) {
      for (const Parameter& own : model->parameters) owners[own.name].push_back(model->name);
    }
    std::vector<Json> each;
    for (const auto& [own, models] : owners)
      each.push_back(only_with_schema(own, choice->parameter, parameter.default_value, models));
    conditions.push_back(
        definitions.refer(fmt::format("models.{}", choice->parameter), Json{{"allOf", std::move(each)}}));
  }
  return conditions;
}

// Parameters of the families `file` and `toeplitz` that are lists by themselves.
Json whole_list(std::size_t fewest, bool unique) {
  Json list{
      {"type", "array"},
      {"items", {{"type", "number"}, {"multipleOf", 1.0}, {"minimum", 0}, {"maximum", 9007199254740992}}},
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

std::vector<Json> family_conditions(const Family& family, SchemaDefinitions& definitions) {
  const std::string& name = family.description.name;
  if (name == "file") {
    return {Json{{"required", {"path"}}}, exclusive_schema("tensor", "layer"),
            exclusive_schema("tensor", "beta"), exclusive_schema("layer", "beta"),
            Json{{"if", given_schema("g")}, {"then", given_schema("beta")}}};
  }
  if (name == "uniform-signed") return {exclusive_schema("scale", "condition")};
  return model_conditions(family.description.parameters, definitions);
}

}  // namespace

Json define_families(SchemaDefinitions& definitions) {
  const Json reference = definitions.reserve("family");
  std::vector<Json> cases;
  std::vector<std::string> patterns;
  for (const Family& family : families()) {
    const Description& description = family.description;
    SchemaEntry entry{
        {description.name}, &description, description.parameters, family_conditions(family, definitions)};
    Json each = object_case(
        "family", entry,
        [&](const Parameter& parameter) {
          if (parameter.kind == Parameter::Kind::nested) return single_schema(reference);
          Json value = value_schema(parameter);
          const std::vector<std::string> formulas = model_formulas(parameter);
          if (!formulas.empty()) value["enumDescriptions"] = formulas;
          return value;
        },
        definitions);
    for (const std::string& name : family.list_valued) {
      const auto own = std::ranges::find(description.parameters, name, &Parameter::name);
      each["then"]["properties"][name] = list_valued_schema(*own);
    }
    cases.push_back(std::move(each));
    const std::string pattern = inline_pattern(quoted_pattern(description.name), description.parameters);
    const std::string inner = pattern.substr(1, pattern.size() - 2);  // without ^ and $
    if (description.name != "file") {
      patterns.push_back(inner);
    } else {  // nothing without its path
      patterns.push_back(fmt::format("{}:path=[^:]+{}", inner, inner.substr(description.name.size())));
    }
  }
  const Json text{{"type", "string"}, {"pattern", fmt::format("^({})$|^\\{{", fmt::join(patterns, "|"))}};
  definitions.set(
      "family",
      {{"anyOf", setting_forms("family", names_schema(family_descriptions()), cases, text, definitions)},
       {"not", {{"const", "file"}}},
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
    const SchemaEntry entry{
        {method.description.name}, &method.description, method.description.parameters, {}};
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
                  {{"anyOf", setting_forms("method", names_schema(descriptions), cases, {}, definitions)},
                   {"description", "an inversion method: a name, or an object; lists of values are axes"}});
  return reference;
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
    const SchemaEntry entry{{description.name}, &description, description.parameters, {}};
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
  definitions.set("formation", {{"anyOf", setting_forms("formation", names_schema(formation_descriptions()),
                                                        cases, text, definitions)},
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
    const SchemaEntry entry{{description.name}, &description, description.parameters, {}};
    cases.push_back(object_case("kernel", entry, value_schema, definitions));
  }
  const Json names{
      {"anyOf", {names_schema(descriptions), Json{{"type", "string"}, {"pattern", "\\.json$"}}}}};
  definitions.reserve("kernel");
  definitions.set("kernel", {{"anyOf", setting_forms("kernel", names, cases, {}, definitions)},
                             {"description",
                              "a kernel's recipe: a name, the path of a recipe file, or an object; "
                              "lists of values are axes"}});
  return reference_to("kernel");
}

}  // namespace tristab
