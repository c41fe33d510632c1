#include "tristab/base/parameter_schema.h"

#include <gtest/gtest.h>

namespace tristab {
namespace {

TEST(ParameterSchema, equal_schemas_are_stored_once_and_different_ones_get_a_number) {
  SchemaDefinitions definitions;
  const Json text{{"type", "string"}}, number{{"type", "number"}};
  EXPECT_EQ(definitions.refer("scale", text)["$ref"], "#/definitions/scale");
  EXPECT_EQ(definitions.refer("scale", number)["$ref"], "#/definitions/scale.2");
  EXPECT_EQ(definitions.refer("length", text)["$ref"], "#/definitions/scale");
  EXPECT_EQ(definitions.json().size(), 2u);
  EXPECT_EQ(definitions.json()["scale.2"], number);
}

TEST(ParameterSchema, a_reserved_name_can_be_referred_to_before_it_is_set) {
  SchemaDefinitions definitions;
  EXPECT_EQ(definitions.reserve("method")["$ref"], "#/definitions/method");
  EXPECT_THROW(definitions.reserve("method"), std::logic_error);
  definitions.set("method", {{"type", "string"}});
  EXPECT_EQ(definitions.json()["method"]["type"], "string");
  EXPECT_THROW(definitions.set("family", {}), std::logic_error);
}

TEST(ParameterSchema, ranges_enumerations_and_absence_are_said) {
  const Json block = value_schema(Parameter::integer("block", 16, 2, 256, "b"));
  EXPECT_EQ(block, Json::parse(R"({"type": "number", "multipleOf": 1.0, "minimum": 2, "maximum": 256})"));
  const Json eps = value_schema(Parameter::real("eps", nullptr, 0, 0.5, "e"));
  EXPECT_EQ(eps["anyOf"][0], Json::parse(R"({"type": "number", "minimum": 0, "maximum": 0.5})"));
  EXPECT_EQ(eps["anyOf"][1]["type"], "null");
  // The program takes the number 2 for the choice "2".
  EXPECT_EQ(value_schema(Parameter::choice("base", "2", {"e", "2"}, "b"))["enum"], Json({"e", "2", 2}));
  EXPECT_EQ(value_schema(Parameter::boolean("mask", true, "m"))["enum"], Json({true, false, "on", "off"}));
  Parameter steps = Parameter::integer("steps", "auto", 0, 64, "s");
  steps.automatic = true;
  EXPECT_EQ(value_schema(steps)["anyOf"][1]["const"], "auto");
}

TEST(ParameterSchema, help_and_default_are_kept_and_lists_allowed) {
  SchemaDefinitions definitions;
  const Parameter parameter = Parameter::integer("block", 16, 2, 256, "size of the blocks");
  const Json reference = parameter_schema(parameter, value_schema(parameter), definitions);
  const Json schema = definitions.json()[reference["$ref"].get<std::string>().substr(14)];
  EXPECT_EQ(schema["description"], "size of the blocks");
  EXPECT_EQ(schema["default"], 16);
  ASSERT_EQ(schema["anyOf"].size(), 3u);  // a number, a range, a list
  EXPECT_EQ(schema["anyOf"][2]["type"], "array");
}

TEST(ParameterSchema, patterns_quote_what_expressions_would_read) {
  EXPECT_EQ(quoted_pattern("qwen3.5-0.8b"), "qwen3\\.5-0\\.8b");
  const std::vector<Parameter> none, one{Parameter::boolean("a.b", true, "")};
  EXPECT_EQ(inline_pattern("ones", none), "^ones$");
  EXPECT_EQ(inline_pattern("ones", one), "^ones(:(a\\.b)=[^:]*)*$");
}

}  // namespace
}  // namespace tristab
