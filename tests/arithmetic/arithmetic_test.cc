// The presets as src/tristab/arithmetic/README.md defines them: parameters, refusals, unit roundoffs.
#include "tristab/arithmetic/arithmetic.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::arithmetic_test {

Arithmetic made(std::string_view name, const Json& parameters = Json::object()) {
  return make_arithmetic(name, parameters, "arithmetics[0]");
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  ADD_FAILURE() << "was accepted";
  return "";
}

void expect_mentions(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << '"' << message << "\" lacks \"" << part << '"';
}

TEST(Arithmetic, rounding_of_tf32_concerns_operands_of_products_alone) {
  const Arithmetic arithmetic =
      make_arithmetic("tf32", {{"rounding", "toward-zero"}}, "test");  // as NVIDIA's units drop the low bits
  EXPECT_EQ(arithmetic.operand_rounding, Rounding::toward_zero);
  EXPECT_EQ(arithmetic.storage_rounding, Rounding::nearest_even);
  EXPECT_EQ(arithmetic.vector.rounding, Rounding::nearest_even);
  EXPECT_EQ(arithmetic.product.rounding, Rounding::nearest_even);
}

TEST(Arithmetic, the_accumulator_is_among_the_completed_settings) {
  EXPECT_EQ(make_arithmetic("fp16", Json::object(), "test").settings.text("accumulate"), "fp32");
  EXPECT_EQ(make_arithmetic("fp64", Json::object(), "test").settings.text("accumulate"), "fp64");
  EXPECT_EQ(make_arithmetic("e9m30", Json::object(), "test").product.format.name, "e9m30");
}

TEST(Arithmetic, sixteen_bit_presets_sum_in_fp32_and_store_in_their_format) {
  for (const char* name : {"fp16", "bf16"}) {
    const Arithmetic arithmetic = made(name);
    EXPECT_EQ(arithmetic.name, name);
    EXPECT_EQ(arithmetic.operand.name, name);
    EXPECT_EQ(arithmetic.operand_rounding, Rounding::nearest_even);
    EXPECT_EQ(arithmetic.storage.name, name);
    EXPECT_EQ(arithmetic.storage_rounding, Rounding::nearest_even);
    EXPECT_EQ(arithmetic.product.format, fp32_format());
    EXPECT_EQ(arithmetic.product.rounding, Rounding::nearest_even);
    EXPECT_FALSE(arithmetic.product.fma);
    EXPECT_EQ(arithmetic.vector.format.name, name);
    EXPECT_FALSE(arithmetic.vector.fma);
    EXPECT_FALSE(arithmetic.output_in_storage);  // the last result stays in fp32
    EXPECT_FALSE(arithmetic.quantiser.has_value());
    EXPECT_EQ(arithmetic.input_format(), name);
  }
}

TEST(Arithmetic, fp32_and_fp64_do_everything_in_themselves) {
  for (const char* name : {"fp32", "fp64"}) {
    const Arithmetic arithmetic = made(name);
    for (const Format* format :
         {&arithmetic.operand, &arithmetic.storage, &arithmetic.product.format, &arithmetic.vector.format}) {
      EXPECT_EQ(format->name, name);
    }
  }
}

TEST(Arithmetic, tf32_rounds_operands_and_does_the_rest_in_fp32) {
  const Arithmetic arithmetic = made("tf32");
  EXPECT_EQ(arithmetic.operand.name, "tf32");
  EXPECT_EQ(arithmetic.storage, fp32_format());
  EXPECT_EQ(arithmetic.product.format, fp32_format());
  EXPECT_EQ(arithmetic.vector.format, fp32_format());
  EXPECT_EQ(arithmetic.unit_roundoff(), 0x1p-11);  // of its coarsest, the operand format
}

TEST(Arithmetic, pure_presets_round_every_operation_to_the_format) {
  for (const char* format : {"fp32", "tf32", "bf16", "fp16", "e5m7"}) {
    const Arithmetic arithmetic = made(std::string(format) + "-pure");
    EXPECT_EQ(arithmetic.name, std::string(format) + "-pure");
    EXPECT_EQ(arithmetic.operand.name, format);
    EXPECT_EQ(arithmetic.storage.name, format);
    EXPECT_EQ(arithmetic.product.format.name, format);
    EXPECT_EQ(arithmetic.vector.format.name, format);
    EXPECT_FALSE(arithmetic.product.fma);
  }
}

TEST(Arithmetic, every_format_is_an_arithmetic) {
  EXPECT_EQ(made("e5m7").operand, format_of("e5m7", "test"));
  EXPECT_EQ(made("e5m7").product.format, fp32_format());
  EXPECT_EQ(made("e8m30").product.format, format_of("e8m30", "test"));  // wider than fp32: sums in itself
  EXPECT_EQ(made("e9m3").product.format, format_of("e9m3", "test"));
  EXPECT_EQ(made("e11m52").product.format, fp64_format());
}

TEST(Arithmetic, parameters_reach_their_fields) {
  const Arithmetic arithmetic = made("fp16", {{"rounding", "toward-zero"},
                                              {"fma", true},
                                              {"output", "storage"},
                                              {"accumulate", "e8m12"},
                                              {"accumulator_rounding", "up"}});
  EXPECT_EQ(arithmetic.operand_rounding, Rounding::toward_zero);
  EXPECT_EQ(arithmetic.storage_rounding, Rounding::toward_zero);
  EXPECT_EQ(arithmetic.vector.rounding, Rounding::toward_zero);
  EXPECT_TRUE(arithmetic.vector.fma);
  EXPECT_TRUE(arithmetic.product.fma);
  EXPECT_EQ(arithmetic.product.format, format_of("e8m12", "test"));
  EXPECT_EQ(arithmetic.product.rounding, Rounding::up);
  EXPECT_TRUE(arithmetic.output_in_storage);
  const Arithmetic pure = made("bf16-pure", {{"rounding", "to-odd"}, {"fma", true}});
  EXPECT_EQ(pure.product.rounding, Rounding::to_odd);
  EXPECT_TRUE(pure.product.fma);
}

TEST(Arithmetic, integers_quantise_symmetrically_with_the_identity_outside) {
  for (const auto& [name, bits, qmax] : {std::tuple{"int8", 8, 127}, std::tuple{"int16", 16, 32767}}) {
    const Arithmetic arithmetic = made(name);
    ASSERT_TRUE(arithmetic.quantiser.has_value());
    EXPECT_EQ(arithmetic.quantiser->bits, bits);
    EXPECT_EQ(arithmetic.quantiser->largest_code, qmax);
    EXPECT_EQ(arithmetic.quantiser->scale, Quantiser::Scale::tensor);
    EXPECT_EQ(arithmetic.quantiser->rule, Quantiser::Rule::amax);
    EXPECT_TRUE(arithmetic.quantiser->identity_outside);
    EXPECT_EQ(arithmetic.product.format, fp32_format());
    EXPECT_EQ(arithmetic.unit_roundoff(), 1.0 / (2 * qmax));
    EXPECT_EQ(arithmetic.input_format(), "given");
    const Arithmetic other = made(name, {{"scale", "row"}, {"scale_rule", "power-of-two"}, {"identity", "inside"}});
    EXPECT_EQ(other.quantiser->scale, Quantiser::Scale::row);
    EXPECT_EQ(other.quantiser->rule, Quantiser::Rule::power_of_two);
    EXPECT_FALSE(other.quantiser->identity_outside);
  }
}

TEST(Arithmetic, unit_roundoff_is_of_the_operand_format_not_the_accumulator) {
  EXPECT_EQ(made("fp16").unit_roundoff(), 0x1p-11);
  EXPECT_EQ(made("bf16").unit_roundoff(), 0x1p-8);
  EXPECT_EQ(made("fp32").unit_roundoff(), 0x1p-24);
  EXPECT_EQ(made("fp64").unit_roundoff(), 0x1p-53);
  EXPECT_EQ(made("e5m2").unit_roundoff(), 0x1p-3);
  EXPECT_EQ(made("fp16", {{"accumulate", "bf16"}}).unit_roundoff(), 0x1p-11);  // not the accumulator's
}

TEST(Arithmetic, settings_hold_every_parameter_with_its_default) {
  const Json settings = made("fp16").settings.json();
  EXPECT_EQ(settings["rounding"], "nearest-even");
  EXPECT_EQ(settings["fma"], false);
  EXPECT_EQ(settings["output"], "accumulator");
  EXPECT_EQ(settings["accumulator_rounding"], "nearest-even");
  EXPECT_FALSE(settings.contains("arithmetic"));
}

TEST(Arithmetic, unknown_names_are_refused_with_the_nearest) {
  expect_mentions(refusal([] { made("fp15"); }), {"arithmetics[0]", "no arithmetic is called 'fp15'",
                                                  "did you mean 'fp16'?", "Allowed:", "bf16-pure", "int8"});
  expect_mentions(refusal([] { made("int5"); }), {"no arithmetic is called 'int5'", "did you mean 'int"});
  expect_mentions(refusal([] { made("fp16-pur"); }), {"did you mean 'fp16-pure'?"});
  expect_mentions(refusal([] { made("int8-pure"); }), {"no arithmetic is called 'int8-pure'"});
  expect_mentions(refusal([] { made("e10m5"); }), {"arithmetics[0]", "e10m5", "2 to 9", "1 to 50"});
}

TEST(Arithmetic, wrong_parameters_are_refused_with_what_is_allowed) {
  expect_mentions(refusal([] {
                    made("fp16", {{"roundin", "up"}});
                  }),
                  {"arithmetics[0]", "roundin", "did you mean 'rounding'?"});
  expect_mentions(refusal([] {
                    made("fp16", {{"rounding", "upp"}});
                  }),
                  {"arithmetics[0]", "upp", "nearest-even", "to-odd"});
  expect_mentions(refusal([] { made("fp16", {{"fma", 1}}); }), {"arithmetics[0]", "fma"});
  expect_mentions(refusal([] {
                    made("fp16", {{"accumulate", "fp61"}});
                  }),
                  {"arithmetics[0].accumulate", "fp61", "did you mean 'fp64'?"});
  expect_mentions(refusal([] { made("fp16-pure", {{"accumulate", "fp32"}}); }), {"arithmetics[0]", "accumulate"});
  expect_mentions(refusal([] { made("int8", {{"rounding", "up"}}); }), {"arithmetics[0]", "rounding"});
  expect_mentions(refusal([] { made("int8", {{"scale", "blok"}}); }), {"blok", "tensor", "row"});
}

TEST(Arithmetic, fp64_takes_every_rounding) {
  EXPECT_EQ(made("fp64", {{"rounding", "up"}}).product.rounding, Rounding::nearest_even);
  EXPECT_EQ(made("fp64", {{"rounding", "up"}}).vector.rounding, Rounding::up);
  EXPECT_EQ(made("fp64-pure", {{"rounding", "toward-zero"}}).product.rounding, Rounding::toward_zero);
  EXPECT_EQ(made("fp16", {{"accumulate", "fp64"}, {"accumulator_rounding", "down"}}).product.rounding, Rounding::down);
}

TEST(Arithmetic, lists_are_axes) {
  const auto list = expand_arithmetic(
      Json::parse(R"({"arithmetic": "int8", "scale": ["tensor", "row"], "identity": ["inside", "outside"]})"), "a");
  ASSERT_EQ(list.size(), 4U);
  std::set<std::string> distinct;
  for (const Arithmetic& arithmetic : list) distinct.insert(arithmetic.settings.json().dump());
  EXPECT_EQ(distinct.size(), 4U);
  EXPECT_EQ(list[0].name, "int8");
  EXPECT_EQ(expand_arithmetic(Json("e5m7"), "a").size(), 1U);
  EXPECT_EQ(expand_arithmetic(Json::parse(R"({"arithmetic": "fp16", "fma": [false, true]})"), "a")[1].product.fma,
            true);
  expect_mentions(refusal([] { expand_arithmetic(Json(42), "arithmetics[3]"); }), {"arithmetics[3]", "42"});
  expect_mentions(refusal([] { expand_arithmetic(Json::parse(R"({"scale": "row"})"), "arithmetics[3]"); }),
                  {"arithmetics[3]"});
  expect_mentions(refusal([] { expand_arithmetic(Json::parse(R"({"arithmetic": "fp15"})"), "arithmetics[3]"); }),
                  {"arithmetics[3].arithmetic", "fp16"});
}

TEST(Arithmetic, every_listed_name_but_the_pattern_can_be_made) {
  for (const Description& description : arithmetic_descriptions()) {
    if (description.name == "eXmY") continue;
    const Arithmetic arithmetic = made(description.name);
    EXPECT_EQ(arithmetic.name, description.name);
    const ArithmeticRow row = describe(arithmetic);
    for (const std::string* text :
         {&row.name, &row.operand, &row.accumulator, &row.vector, &row.storage, &row.output, &row.quantiser}) {
      EXPECT_FALSE(text->empty()) << description.name;
    }
  }
}

TEST(Arithmetic, rows_of_the_listing_say_what_the_fields_say) {
  const ArithmeticRow row = describe(made("tf32"));
  EXPECT_NE(row.operand.find("tf32"), std::string::npos);
  EXPECT_NE(row.storage.find("fp32"), std::string::npos);
  EXPECT_EQ(row.output, "fp32");
  EXPECT_EQ(describe(made("fp16", {{"output", "storage"}})).output, "fp16");
  EXPECT_EQ(describe(made("fp16")).quantiser, "none");
  EXPECT_NE(describe(made("int8", {{"scale", "row"}})).quantiser.find("row"), std::string::npos);
}

}  // namespace tristab::arithmetic_test
