#include "tristab/sweep/config_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tristab/sweep/expectation_schema.h"
#include "tristab/sweep/named_schema.h"
#include "tristab/sweep/scenario.h"
#include "tristab/sweep/settings_schema.h"

namespace tristab {
namespace {

constexpr const char* draft7 = "http://json-schema.org/draft-07/schema#";

Json whole(double minimum, std::int64_t maximum, const Json& otherwise, const char* description) {
  return {{"type", {"number", "null"}}, {"multipleOf", 1.0},    {"minimum", minimum},
          {"maximum", maximum},         {"default", otherwise}, {"description", description}};
}

// A number, a range, or a list of these.
Json chunks_schema(SchemaDefinitions& definitions) {
  const Json size{
      {"anyOf",
       {Json{
            {"type", "number"}, {"multipleOf", 1.0}, {"minimum", smallest_chunk}, {"maximum", largest_chunk}},
        Json{{"type", "string"}, {"pattern", "^[0-9]+(:[0-9]+(:\\*?[0-9]+)?)?$"}}}}};
  const Json one = definitions.refer("chunk", size);
  return {
      {"anyOf",
       {one, Json{{"type", "array"}, {"items", one}, {"minItems", 1}, {"uniqueItems", true}},
        Json{{"type", "null"}}}},
      {"default", 64},
      {"examples", {64, Json{16, 32, 64}, "16:256:*2", "16:128:16"}},
      {"description", "chunk sizes n: a number, a range first:last:step or first:last:*factor, or a list"}};
}

Json list_of(const Json& item, const char* description) {
  return {{"type", {"array", "null"}}, {"items", item}, {"uniqueItems", true}, {"description", description}};
}

Json text_schema(const char* description) {
  return {{"type", {"string", "null"}}, {"pattern", "^[^\\n]+$"}, {"description", description}};
}

Json name_schema(const char* description) {
  return {{"type", {"string", "null"}},
          {"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]*$"},
          {"description", description}};
}

// The keys that scenarios share, and those of one scenario.
Json shared_properties(SchemaDefinitions& definitions, const Json& layer_arithmetic) {
  Json layers = layer_arithmetic;
  layers["anyOf"].push_back({{"type", "null"}});
  return {{"seed", whole(0, 9007199254740992, 1, "seed of everything that is drawn")},
          {"trials", whole(1, 1000000, 8, "matrices of each random family")},
          {"chunks", chunks_schema(definitions)},
          {"reference",
           {{"enum", {"rounded", "given", nullptr}},
            {"default", "rounded"},
            {"description",
             "what errors compare with: the inverse of A rounded to the operand format, or of A as "
             "given (metrics of total errors always compare with A as given)"}}},
          {"layer",
           {{"type", {"boolean", "null"}},
            {"default", false},
            {"description", "also what the inverse feeds: W, U, outputs and state over whole sequences"}}},
          {"decompose",
           {{"enum", {false, nullptr}},
            {"default", false},
            {"description", "the parts of the error; this version has none of them but formation's"}}},
          {"layer_chunks", whole(1, 65536, 16, "chunks of a generated sequence")},
          {"layer_arithmetic", layers}};
}

Json own_properties(SchemaDefinitions& definitions) {
  return {{"families", list_of(reference_to("family"), "the matrices A")},
          {"methods", list_of(reference_to("method"), "inversion methods, crossed with the arithmetics")},
          {"arithmetics", list_of(reference_to("arithmetic"), "arithmetics, crossed with the methods")},
          {"formations",
           list_of(reference_to("formation"), "how A is formed, crossed with both; exact by default")},
          {"kernels", list_of(reference_to("kernel"), "kernels' recipes, crossed with nothing else")},
          {"expect",
           {{"type", {"array", "null"}},
            {"items", define_expectation(definitions)},
            {"description", "what the sweep must show; exit status 1 where it does not"}}}};
}

Json filled(const char* key) { return {{key, {{"type", "array"}, {"minItems", 1}}}}; }

// A list that asks for something: there, and not empty.
Json asked(const char* key) { return {{"required", {key}}, {"properties", filled(key)}}; }

// Families are needed, and methods with arithmetics unless there are kernels.
std::vector<Json> own_conditions() {
  return {asked("families"),
          Json{{"if", asked("kernels")}, {"else", {{"allOf", {asked("methods"), asked("arithmetics")}}}}},
          Json{{"if", asked("methods")}, {"then", asked("arithmetics")}},
          Json{{"if", asked("arithmetics")}, {"then", asked("methods")}}};
}

Json scenario_schema(const Json& shared, const Json& own) {
  Json properties{{"name", name_schema("the scenario's name, part of its cases' ids")},
                  {"what", text_schema("one sentence on what happened in the field")},
                  {"source", text_schema("where it is told")}};
  properties["name"]["type"] = "string";
  properties.update(shared);
  properties.update(own);
  return {{"type", "object"},
          {"required", {"name"}},
          {"properties", properties},
          {"additionalProperties", false},
          {"allOf", own_conditions()}};
}

}  // namespace

Json sweep_schema() {
  SchemaDefinitions definitions;
  define_families(definitions);
  define_methods(definitions);
  define_arithmetics(definitions);
  define_formations(definitions);
  define_kernels(definitions);
  const Json layer_arithmetic = define_layer_arithmetics(definitions);
  const Json shared = shared_properties(definitions, layer_arithmetic), own = own_properties(definitions);
  // Whole tables of properties stand in two places; what is in them does not.
  Json shared_references = Json::object(), own_references = Json::object();
  for (const auto& [key, schema] : shared.items())
    shared_references[key] = definitions.refer(fmt::format("config.{}", key), schema);
  for (const auto& [key, schema] : own.items())
    own_references[key] = definitions.refer(fmt::format("config.{}", key), schema);
  Json properties{
      {"$schema", {{"type", "string"}, {"description", "this schema, for editors; otherwise ignored"}}},
      {"name", name_schema("names the result file; the file's own name by default")},
      {"scenarios",
       {{"type", "array"},
        {"minItems", 1},
        {"items", definitions.refer("scenario", scenario_schema(shared_references, own_references))},
        {"description", "several sweeps in one file, each with settings of its own"}}}};
  properties.update(shared_references);
  properties.update(own_references);
  Json outside = Json::object();  // keys that belong into the scenarios
  for (const auto& [key, schema] : own_references.items()) outside[key] = {{"not", Json::object()}};
  return {{"$schema", draft7},
          {"$id", "tristab-sweep.schema.json"},
          {"title", "Configuration of tristab sweep"},
          {"type", "object"},
          {"properties", properties},
          {"additionalProperties", false},
          {"if", {{"required", {"scenarios"}}}},
          {"then", {{"properties", outside}}},
          {"else", {{"allOf", own_conditions()}}},
          {"definitions", definitions.json()}};
}

Json kernel_schema() {
  SchemaDefinitions definitions;
  define_methods(definitions);
  define_arithmetics(definitions);
  define_formations(definitions);
  const Json layer = define_layer_arithmetics(definitions);
  const Json line{{"type", "string"}, {"minLength", 1}};
  const auto said = [&](const char* description) {
    Json schema = line;
    schema["description"] = description;
    return schema;
  };
  const Json arithmetic = definitions.refer("arithmetic.single", single_schema(reference_to("arithmetic")));
  const Json formation = definitions.refer("formation.single", single_schema(reference_to("formation")));
  const Json layers{{"anyOf", {definitions.refer("layer_arithmetic", layer), Json{{"type", "null"}}}}};
  Json stages{{"type", "object"},
              {"additionalProperties", arithmetic},
              {"description",
               "an arithmetic for each stage of the method; result and output are the roundings "
               "after it"}};
  const Json change{
      {"type", "object"},
      {"properties",
       {{"method", {{"type", "object"}, {"description", "parameters of the method that change"}}},
        {"arithmetic", definitions.refer("stages", stages)},
        {"formation", formation},
        {"layer", layers}}},
      {"additionalProperties", false}};
  const Json choices{{"type", "object"},
                     {"minProperties", 1},
                     {"additionalProperties", change},
                     {"description", "choice -> what it changes"}};
  const Json parameter{
      {"type", "object"},
      {"properties", {{"default", line}, {"help", {{"type", "string"}}}, {"choices", choices}}},
      {"required", {"default", "choices"}},
      {"additionalProperties", false}};
  stages["properties"] = {
      {"*", {{"allOf", {arithmetic}}, {"description", "A as stored, and every stage that is not named"}}}};
  stages["required"] = {"*"};
  const Json size{{"anyOf",
                   {Json{{"type", "number"}, {"multipleOf", 1.0}, {"minimum", 1}, {"maximum", 256}},
                    Json{{"type", "string"}, {"pattern", "^[0-9]+(:[0-9]+(:\\*?[0-9]+)?)?$"}}}}};
  const Json properties{
      {"$schema", {{"type", "string"}, {"description", "this schema, for editors; otherwise ignored"}}},
      {"kernel", said("the recipe's name; of a file in configs/kernels the file's")},
      {"summary", said("one line: what the kernel does")},
      {"source", said("repository, file or thread")},
      {"date", said("when the source was read")},
      {"chunks",
       {{"type", "array"}, {"items", size}, {"description", "sizes that the kernel takes; none: any"}}},
      {"phases",
       {{"type", "array"},
        {"items", {{"type", "string"}}},
        {"description", "what it does and where it rounds"}}},
      {"method",
       {{"allOf", {single_schema(reference_to("method"))}},
        {"description", "the method, one setting, no lists"}}},
      {"arithmetic", stages},
      {"formation",
       {{"allOf", {formation}}, {"description", "how A is formed from keys and gates; exact by default"}}},
      {"layer", layers},
      {"parameters",
       {{"type", "object"},
        {"additionalProperties", parameter},
        {"description", "choices that the kernel leaves"}}}};
  return {{"$schema", draft7},
          {"$id", "tristab-kernel.schema.json"},
          {"title", "Recipe of a kernel for tristab"},
          {"type", "object"},
          {"properties", properties},
          {"required", {"kernel", "summary", "source", "date", "method", "arithmetic"}},
          {"additionalProperties", false},
          {"definitions", definitions.json()}};
}

std::string schema_text(const Json& schema) { return schema.dump(1) + "\n"; }

}  // namespace tristab
