#include "tristab/sweep/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/base/embedded_file.h"
#include "tristab/base/json_reader.h"
#include "tristab/layer/formation.h"
#include "tristab/matrix/family/family.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"
#include "tristab/sweep/quantity.h"
#include "tristab/sweep/scenario.h"

namespace tristab {

std::span<const EmbeddedFile> schema_templates();

namespace {

constexpr double largest_whole = 9e15;  // below 2^53, up to which a double represents every whole number

Json schema_template(std::string_view name) {
  return parse_json(std::ranges::find(schema_templates(), name, &EmbeddedFile::name)->text);
}

Json reference_to(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }

// A limit; whole numbers become integers, which print without ".0".
Json limit(double value) {
  const bool whole = std::fabs(value) <= largest_whole && std::trunc(value) == value;
  return whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

bool is_integer_text(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::to_string(value) == text;
}

Json any_of(std::vector<Json> forms) {
  if (forms.size() == 1) return std::move(forms.front());
  return {{"anyOf", std::move(forms)}};
}

// An axis of a Named thing: a value, a list of values, or, for an integer parameter, a range.
Json axis_schema(const Parameter& parameter) {
  const Json value = value_schema(parameter);
  std::vector<Json> forms{value, Json{{"type", "array"}, {"items", value}, {"minItems", 1}, {"uniqueItems", true}}};
  if (parameter.kind == Parameter::Kind::integer)
    forms.push_back({{"type", "string"}, {"pattern", "^-?[0-9]+:-?[0-9]+(:\\*?[0-9]+)?$"}});
  return any_of(std::move(forms));
}

// A registry, and how a configuration names its entries.
struct Registry {
  std::string key;  // of the name in an object: "method"
  const char* description;
  std::vector<Description> entries;
  std::string other_names;           // a pattern of names that are not listed; "": none
  std::set<std::string> lists{};     // parameters of which one value is a list
  std::vector<Parameter> further{};  // parameters of every entry
};

// A name, "name:parameter=value", or an object with a name and parameters; the parameters of all entries are allowed.
Json named_schema(const Registry& registry) {
  std::vector<std::string> names, summaries;
  std::map<std::string, std::vector<Json>> schemas;  // by parameter, each once
  std::map<std::string, std::string> helps;
  const auto add = [&](const Parameter& parameter) {
    Json schema = registry.lists.contains(parameter.name) ? Json::object() : axis_schema(parameter);
    std::vector<Json>& known = schemas[parameter.name];
    if (std::ranges::find(known, schema) == known.end()) known.push_back(std::move(schema));
    helps.emplace(parameter.name, parameter.help);
  };
  for (const Description& entry : registry.entries) {
    for (const Parameter& parameter : entry.parameters) add(parameter);
    if (entry.name == "eXmY") continue;  // a pattern, not a name
    names.push_back(entry.name);
    summaries.push_back(entry.formula.empty() ? entry.summary : fmt::format("{}\n\n{}", entry.summary, entry.formula));
  }
  for (const Parameter& parameter : registry.further) add(parameter);
  const std::string others = registry.other_names.empty() ? "" : "|" + registry.other_names;
  const Json listed{{"enum", names}, {"enumDescriptions", summaries}};
  const auto named = [&](const char* rest) {
    return Json{{"type", "string"}, {"pattern", fmt::format("^({}{}){}", fmt::join(names, "|"), others, rest)}};
  };
  Json properties{{registry.key, any_of({listed, named("$")})}};
  for (auto& [name, forms] : schemas) {
    properties[name] = any_of(std::move(forms));
    properties[name]["description"] = helps[name];
  }
  return {{"description", registry.description},
          {"anyOf",
           {listed, named("(:.*)?$"), Json{{"type", "string"}, {"pattern", "^\\{"}},
            Json{{"type", "object"},
                 {"required", {registry.key}},
                 {"properties", properties},
                 {"additionalProperties", false}}}}};
}

// Names of formats that are arithmetics, with their suffixes; and tf32x3 and bf16x3 on a unit.
constexpr const char* formats =
    "((fp|FP|float)(64|32|16)|tf32|TF32|bf16|BF16|bfloat16|e[2-9]m[1-9][0-9]?|e11m52|p[0-9]+emin-?[0-9]+emax-?[0-9]+)"
    "(-infinity|-nan|-saturate)?(-flush)?(-pure)?|(tf32|bf16)x3-[a-z0-9]+";

std::vector<Description> method_entries() {
  std::vector<Description> entries;
  for (const Method& method : methods()) entries.push_back(method.description);
  return entries;
}

// The definitions of a schema that come from the registries.
void define_registries(Json& definitions) {
  Registry families{"family",
                    "a family of matrices; with a list of values, each is run",
                    {family_descriptions().begin(), family_descriptions().end()},
                    ""};
  for (const Family& family : tristab::families())
    families.lists.insert(family.list_valued.begin(), family.list_valued.end());
  Registry kernels{"kernel",
                   "a kernel's recipe, or the path of a recipe file; with a list of values, each is run",
                   {},
                   ".*\\.json(@[0-9a-f]{8})?"};
  for (const RecipeEntry& recipe : recipe_entries()) kernels.entries.push_back(recipe.description);
  const Registry arithmetics{"arithmetic",
                             "an arithmetic, or a format (e5m7); with a list of values, each is run",
                             {arithmetic_descriptions().begin(), arithmetic_descriptions().end()},
                             formats};
  Registry layer = arithmetics;
  layer.description = "the arithmetic of w, u, the state and the outputs, and how their gates are computed";
  layer.further = {Parameter::nested("scores", "exact", "formation of the products of queries and keys"),
                   Parameter::text("exponential", "natural", "how e^x is computed"),
                   Parameter::integer("scan", 0, 0, 256,
                                      "running sums of the gates: rows summed in a group; 0: one after the other")};
  for (const Registry& registry :
       {families, kernels, arithmetics,
        Registry{"method", "an inversion method; with a list of values, each is run", method_entries(), ""},
        Registry{"formation",
                 "how A is formed from keys and gates; with a list of values, each is run",
                 {formation_descriptions().begin(), formation_descriptions().end()},
                 ""}}) {
    definitions[registry.key] = named_schema(registry);
  }
  // A recipe file may have parameters that no registry lists.
  definitions["kernel"]["anyOf"].push_back(
      {{"type", "object"},
       {"required", {"kernel"}},
       {"properties", {{"kernel", {{"type", "string"}, {"pattern", "\\.json(@[0-9a-f]{8})?$"}}}}}});
  definitions["layer_arithmetic"] = named_schema(layer);
  definitions["layer_arithmetic"]["anyOf"].push_back({{"type", "null"}});
}

// The keys of a scenario, which a plain configuration has as well.
Json scenario_properties() {
  Json properties{{"chunks", reference_to("sizes")}, {"layer_arithmetic", reference_to("layer_arithmetic")}};
  for (const ScenarioKey& key : scenario_keys()) {
    Json schema = any_of({value_schema(key.parameter), Json{{"type", "null"}}});
    schema["default"] = key.parameter.default_value.json();
    schema["description"] = key.parameter.help;
    properties[key.parameter.name] = std::move(schema);
  }
  for (const ScenarioList& list : scenario_lists()) {
    properties[list.key] = {{"type", {"array", "null"}},
                            {"items", reference_to(list.name_key)},
                            {"uniqueItems", true},
                            {"description", list.help}};
  }
  properties["expect"] = {{"type", {"array", "null"}},
                          {"items", reference_to("expectation")},
                          {"description", "what the sweep must show; the exit status is 1 if it does not"}};
  return properties;
}

template <class Things>
Json names_of(const Things& things) {
  Json names = Json::array();
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

}  // namespace

Json value_schema(const Parameter& parameter) {
  using Kind = Parameter::Kind;
  std::vector<Json> allowed;
  switch (parameter.kind) {
    case Kind::integer:  // not "type": "integer": some validators then refuse 16.0
      allowed.push_back({{"type", "number"},
                         {"multipleOf", 1.0},
                         {"minimum", limit(std::max(parameter.minimum, -largest_whole))},
                         {"maximum", limit(std::min(parameter.maximum, largest_whole))}});
      break;
    case Kind::real:
      allowed.push_back(
          {{"type", "number"}, {"minimum", limit(parameter.minimum)}, {"maximum", limit(parameter.maximum)}});
      break;
    case Kind::boolean:
      allowed.push_back({{"enum", {true, false, "on", "off"}}});
      break;
    case Kind::choice: {
      Json choices = parameter.choices;
      for (const std::string& choice : parameter.choices) {
        if (is_integer_text(choice)) choices.push_back(std::stoll(choice));
      }
      allowed.push_back({{"enum", choices}});
      break;
    }
    case Kind::text:
      allowed.push_back({{"type", "string"}});
      break;
    case Kind::nested:
      allowed.push_back({{"type", {"string", "object"}}});
      break;
  }
  if (parameter.automatic) allowed.push_back({{"const", "auto"}});
  if (parameter.default_value.is_null()) allowed.push_back({{"type", "null"}});
  return any_of(std::move(allowed));
}

Json sweep_schema() {
  Json schema = schema_template("sweep.json");
  Json& definitions = schema["definitions"];
  define_registries(definitions);
  const Json keys = scenario_properties();
  schema["properties"].update(keys);
  definitions["scenario"]["properties"].update(keys);
  Json& expectation = definitions["expectation"]["properties"];
  Json metrics = names_of(quantities());
  metrics.push_back(nullptr);
  expectation["metric"]["enum"] = std::move(metrics);
  expectation["layer"]["enum"] = names_of(layer_quantities());
  for (const std::string& name : statistic_names()) {
    if (!name.starts_with("fraction")) expectation["statistic"]["anyOf"][0]["enum"].push_back(name);
  }
  return schema;
}

Json kernel_schema() {
  Json schema = schema_template("kernel.json");
  Json& known = schema["properties"]["known"];
  for (const Knowledge& each : knowledge()) {
    known["anyOf"].push_back({{"const", each.name}, {"description", each.meaning}});
  }
  define_registries(schema["definitions"]);
  for (const char* unused : {"family", "kernel"}) schema["definitions"].erase(unused);
  return schema;
}

std::string schema_text(const Json& schema) { return schema.dump(1) + "\n"; }

}  // namespace tristab
