#include "tristab/base/parameter_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace tristab {
namespace {

// Beyond this a double is no longer told apart from its neighbours (parameters.cc takes whole numbers below it).
constexpr double largest_whole = 9e15;

// Limits are whole numbers or short decimals: integers print without ".0".
Json limit(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

bool is_integer_text(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::to_string(value) == text;
}

Json alternatives(std::vector<Json> list) {
  if (list.size() == 1) return list.front();
  return {{"anyOf", std::move(list)}};
}

}  // namespace

Json reference_to(const std::string& name) { return {{"$ref", fmt::format("#/definitions/{}", name)}}; }

Json SchemaDefinitions::refer(const std::string& name, const Json& schema) {
  const std::string text = schema.dump();
  const auto known = names_.find(text);
  if (known != names_.end()) return reference_to(known->second);
  std::string free = name;
  for (int number = 2; definitions_.contains(free); ++number) free = fmt::format("{}.{}", name, number);
  definitions_[free] = schema;
  names_.emplace(text, free);
  return reference_to(free);
}

Json SchemaDefinitions::reserve(const std::string& name) {
  if (definitions_.contains(name)) throw std::logic_error(fmt::format("definition {} is taken", name));
  definitions_[name] = Json::object();
  return reference_to(name);
}

void SchemaDefinitions::set(const std::string& name, Json schema) {
  if (!definitions_.contains(name))
    throw std::logic_error(fmt::format("definition {} is not reserved", name));
  definitions_[name] = std::move(schema);
}

Json value_schema(const Parameter& parameter) {
  using Kind = Parameter::Kind;
  std::vector<Json> allowed;
  switch (parameter.kind) {
    case Kind::integer:  // not "type": "integer", which some validators deny 16.0
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
  return alternatives(std::move(allowed));
}

Json parameter_schema(const Parameter& parameter, const Json& value, SchemaDefinitions& definitions) {
  const Json one = definitions.refer(fmt::format("value.{}", parameter.name), value);
  std::vector<Json> forms{one};
  if (parameter.kind == Parameter::Kind::integer)
    forms.push_back({{"type", "string"}, {"pattern", "^-?[0-9]+:-?[0-9]+(:\\*?[0-9]+)?$"}});
  forms.push_back({{"type", "array"}, {"items", one}, {"minItems", 1}, {"uniqueItems", true}});
  Json schema{{"anyOf", forms}, {"description", parameter.help}};
  if (!parameter.default_value.is_null()) schema["default"] = parameter.default_value;
  return definitions.refer(parameter.name, schema);
}

std::string quoted_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view(".*+?^${}()|[]\\/").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::string inline_pattern(std::string_view name_pattern, std::span<const Parameter> parameters) {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters) names.push_back(quoted_pattern(parameter.name));
  if (names.empty()) return fmt::format("^{}$", name_pattern);
  return fmt::format("^{}(:({})=[^:]*)*$", name_pattern, fmt::join(names, "|"));
}

Json given_schema(const std::string& name) {
  const Json absent{
      {"anyOf", {Json{{"type", "null"}}, Json{{"type", "array"}, {"contains", {{"type", "null"}}}}}}};
  return {{"required", {name}}, {"properties", {{name, {{"not", absent}}}}}};
}

Json only_with_schema(const std::string& parameter, const std::string& owner, const Json& otherwise,
                      std::span<const std::string> allowed) {
  const Json choices{{"enum", std::vector<std::string>(allowed.begin(), allowed.end())}};
  Json then{{"properties", {{owner, {{"anyOf", {choices, Json{{"type", "array"}, {"items", choices}}}}}}}}};
  if (std::none_of(allowed.begin(), allowed.end(),
                   [&](const std::string& name) { return otherwise == name; }))
    then["required"] = {owner};
  return {{"if", given_schema(parameter)}, {"then", then}};
}

Json exclusive_schema(const std::string& one, const std::string& other) {
  return {{"not", {{"allOf", {given_schema(one), given_schema(other)}}}}};
}

}  // namespace tristab
