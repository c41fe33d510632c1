#include "tristab/sweep/expectation_schema.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "tristab/sweep/expectation.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

// A selection names a setting and any of its parameters. Names that nothing in the sweep has are left to the program,
// which lists what there is.
Json selection(const char* key, const char* names, const char* description) {
  const Json object{{"type", "object"}, {"required", {key}}, {"properties", {{key, {{"type", "string"}}}}}};
  return {
      {"anyOf",
       {reference_to(names), Json{{"type", "string"}, {"pattern", "^[^:]+(:[^:=]+=[^:]*)*$|^\\{"}}, object}},
      {"description", description}};
}

template <class Named>
std::vector<std::string> names_of(const std::vector<Named>& list) {
  std::vector<std::string> names;
  for (const Named& each : list) names.push_back(each.name);
  return names;
}

// The statistics that count trials, and those of values.
Json statistic_schema() {
  std::vector<std::string> names;
  for (const std::string& name : statistic_names()) {
    if (!name.starts_with("fraction")) names.push_back(name);
  }
  return {{"anyOf",
           {Json{{"enum", names}},
            Json{{"type", "string"},
                 {"pattern", "^fraction_(above|below):-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$"}}}},
          {"examples", {"median", "max", "fraction_above:0.1", "fail"}},
          {"description", "of the values over the trials, or a count of trials"}};
}

Json counting_statistics() {
  std::vector<std::string> names;
  bool counts = false;
  for (const std::string& name : statistic_names()) {
    counts = counts || name == "trials";
    if (counts) names.push_back(name);
  }
  return {{"enum", names}};
}

Json absent(const char* key) { return {{"properties", {{key, {{"not", Json::object()}}}}}}; }

}  // namespace

Json define_expectation(SchemaDefinitions& definitions) {
  const Json size{{"anyOf",
                   {Json{{"type", "number"}, {"multipleOf", 1.0}, {"minimum", 1}, {"maximum", 256}},
                    Json{{"type", "string"}, {"pattern", "^[0-9]+(:[0-9]+(:\\*?[0-9]+)?)?$"}}}}};
  const Json number{{"type", "number"}};
  const Json properties{
      {"kernel",
       selection("kernel", "kernel.name", "recipes of this name; without it, method and arithmetic select")},
      {"method", selection("method", "method.name", "settings of this method")},
      {"arithmetic", selection("arithmetic", "arithmetic.name", "settings in this arithmetic")},
      {"formation", selection("formation", "formation.name", "settings with this formation")},
      {"family", selection("family", "family.name", "matrices of this family")},
      {"n",
       {{"anyOf", {size, Json{{"type", "array"}, {"items", size}, {"minItems", 1}}}},
        {"description", "chunk sizes; all by default"}}},
      {"metric",
       {{"anyOf", {Json{{"enum", names_of(quantities())}}, Json{{"type", "null"}}}},
        {"description", "a record's number; none with a statistic that counts trials"}}},
      {"layer",
       {{"enum", names_of(layer_quantities())},
        {"description", "instead of metric: a number of the layers' sequences"}}},
      {"statistic", statistic_schema()},
      {"at_least", number},
      {"at_most", number},
      {"equals", number},
      {"why", {{"type", "string"}, {"pattern", "^[^\\n]*$"}, {"description", "the reason for the bound"}}}};
  const Json own{{"allOf", {absent("method"), absent("arithmetic"), absent("formation")}}};
  const Json bounded{{"anyOf", {Json{{"required", {"at_least"}}}, Json{{"required", {"at_most"}}}}}};
  const Json of_counts{
      {"properties", {{"metric", {{"type", "null"}}}, {"layer", {{"not", Json::object()}}}}}};
  const Json of_layers{
      {"if", {{"required", {"layer"}}}},
      {"then", absent("metric")},
      {"else", {{"required", {"metric"}}, {"properties", {{"metric", {{"type", "string"}}}}}}}};
  return definitions.refer(
      "expectation",
      {{"type", "object"},
       {"properties", properties},
       {"required", {"statistic"}},
       {"additionalProperties", false},
       {"allOf",
        {Json{{"if", {{"required", {"kernel"}}}}, {"then", own}},
         Json{{"if", {{"properties", {{"statistic", counting_statistics()}}}, {"required", {"statistic"}}}},
              {"then", of_counts},
              {"else", of_layers}},
         Json{{"if", {{"required", {"equals"}}}},
              {"then", {{"allOf", {absent("at_least"), absent("at_most")}}}},
              {"else", bounded}}}}});
}

}  // namespace tristab
