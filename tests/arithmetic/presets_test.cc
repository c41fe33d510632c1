// The matrix units as presets: every number of the table in src/tristab/arithmetic/README.md, what the
// parameters change, and what is refused.
#include "tristab/arithmetic/presets.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tristab/arithmetic/kernels.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::presets_test {

Arithmetic made(std::string_view name, const Json& parameters = Json::object()) {
  return make_arithmetic(name, parameters, "arithmetics[0]");
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  ADD_FAILURE() << "was accepted";
  return "";
}

struct UnitRow {
  const char* name;
  const char* operand;
  int terms, fraction_bits;
  const char* accumulate;
  Rounding final_rounding;
  Rounding operand_rounding = Rounding::nearest_even;
};

TEST(Presets, matrix_units_are_those_of_the_table) {
  constexpr Rounding kZero = Rounding::toward_zero, kNearest = Rounding::nearest_even;
  const UnitRow rows[] = {
      {"fp16-v100", "fp16", 4, 23, "fp32", kZero},
      {"fp16-a100", "fp16", 8, 24, "fp32", kZero},
      {"bf16-a100", "bf16", 8, 24, "fp32", kZero},
      {"tf32-a100", "tf32", 4, 24, "fp32", kZero, kZero},
      {"bf16-ada", "bf16", 8, 24, "fp32", kZero},
      {"tf32-ada", "tf32", 4, 24, "fp32", kZero, kZero},
      {"fp8-ada", "e4m3", 16, 13, "e8m13", kZero},
      {"e5m2-l40s", "e5m2", 16, 13, "e8m13", kZero},
      {"fp16-a2", "fp16", 8, 24, "fp32", kZero},
      {"tf32-h200", "tf32", 8, 25, "fp32", kZero, kZero},
      {"fp8-b200", "e4m3", 32, 40, "fp32", kNearest},
      {"bf16-h100", "bf16", 16, 25, "fp32", kZero},
      {"fp16-h100", "fp16", 16, 25, "fp32", kZero},
      {"tf32-h100", "tf32", 8, 25, "fp32", kZero, kZero},
      {"fp8-h100", "e4m3", 32, 13, "e8m13", kZero},
      {"e5m2-h100", "e5m2", 32, 13, "e8m13", kZero},
      {"bf16-b200", "bf16", 16, 25, "fp32", kZero},
      {"tf32-b200", "tf32", 8, 25, "fp32", kZero, kZero},
      {"bf16-cdna3", "bf16", 8, 24, "fp32", kNearest},
      {"tf32-cdna3", "tf32", 4, 24, "fp32", kNearest, kZero},
      {"fp8-cdna3", "p4emin-7emax7-nan", 16, 24, "fp32", kNearest},
  };
  for (const UnitRow& row : rows) {
    SCOPED_TRACE(row.name);
    const Arithmetic arithmetic = made(row.name);
    EXPECT_EQ(arithmetic.operand.name, row.operand);
    EXPECT_EQ(arithmetic.operand_rounding, row.operand_rounding);
    EXPECT_EQ(arithmetic.product.model, AccumulationModel::matrix_unit);
    EXPECT_EQ(arithmetic.product.unit.terms, row.terms);
    EXPECT_EQ(arithmetic.product.unit.fraction_bits, row.fraction_bits);
    EXPECT_EQ(arithmetic.product.unit.addend_floor, arithmetic.name.ends_with("cdna3"));
    EXPECT_EQ(arithmetic.product.format.name, row.accumulate);
    EXPECT_EQ(arithmetic.product.rounding, row.final_rounding);
    // Storage in the operand format, fp32 for tf32.
    EXPECT_EQ(arithmetic.storage.name, arithmetic.operand.name == "tf32" ? "fp32" : row.operand);
    EXPECT_EQ(arithmetic.vector.model, AccumulationModel::sequential);
  }
}

TEST(Presets, an_fp16_accumulator_rounds_to_nearest_unless_told_otherwise) {
  EXPECT_EQ(made("fp16-h100", {{"accumulate", "fp16"}}).product.rounding, Rounding::nearest_even);
  EXPECT_EQ(made("fp8-h100", {{"accumulate", "fp16"}}).product.rounding, Rounding::nearest_even);
  EXPECT_EQ(made("fp16-h100", {{"accumulate", "fp16"}, {"accumulator_rounding", "toward-zero"}}).product.rounding,
            Rounding::toward_zero);
}

TEST(Presets, avx512_adds_pairs_and_the_ascend_stand_in_claims_nothing) {
  EXPECT_EQ(made("bf16-avx512").product.model, AccumulationModel::bf16_pairs);
  EXPECT_EQ(made("bf16-avx512").product.format, fp32_format());
  const Arithmetic ascend = made("fp16-ascend910b");
  EXPECT_EQ(ascend.product.rounding, Rounding::nearest_even);
  EXPECT_NE(describe(ascend).evidence.find("model only"), std::string::npos);
  EXPECT_EQ(made("fp16-ascend910b", {{"fraction_bits", 24}}).product.unit.fraction_bits, 24);
}

// What is proven against hardware and what is a model only is part of every listing.
TEST(Presets, evidence_says_what_a_machine_was_checked_against) {
  for (const UnitPreset& unit : unit_presets()) {
    const bool proven = unit.machine == "h100" || unit.machine == "h200" || unit.machine == "avx512";
    const bool model = unit.machine == "cdna3" || unit.machine == "ascend910b";
    EXPECT_EQ(unit.evidence.starts_with("bit for bit"), proven) << unit.name;
    EXPECT_EQ(unit.evidence.starts_with("model only"), model) << unit.name;
    EXPECT_EQ(unit.evidence.starts_with("recorded products"), !proven && !model) << unit.name;
    EXPECT_FALSE(unit.source.empty()) << unit.name;
  }
}

TEST(Presets, storage_may_be_wider_than_the_operands) {
  const Arithmetic wide = made("bf16-cdna3", {{"storage", "fp32"}});
  EXPECT_EQ(wide.operand.name, "bf16");
  EXPECT_EQ(wide.storage, fp32_format());
  EXPECT_EQ(wide.vector.format, fp32_format());
  EXPECT_THROW(made("bf16", {{"storage", "fp33x"}}), UsageError);
  EXPECT_THROW(made("bf16-pure", {{"storage", "fp32"}}), UsageError);
}

TEST(Presets, three_products_take_fp32_operands_apart) {
  const Arithmetic tf32 = made("tf32x3-h100");
  ASSERT_TRUE(tf32.split.has_value());
  EXPECT_EQ(tf32.operand, fp32_format());
  EXPECT_EQ(tf32.split->part.name, "tf32");
  EXPECT_EQ(tf32.split->high, Rounding::nearest_away);  // cvt.rna.tf32
  EXPECT_EQ(tf32.split->low, Rounding::toward_zero);    // the unit drops the low bits
  EXPECT_EQ(tf32.product.unit.terms, 8);
  const Arithmetic bf16 = made("bf16x3");
  ASSERT_TRUE(bf16.split.has_value());
  EXPECT_EQ(bf16.split->part.name, "bf16");
  EXPECT_EQ(bf16.product.model, AccumulationModel::sequential);
  EXPECT_EQ(bf16.storage, fp32_format());
  EXPECT_NE(refusal([] { made("fp16x3"); }).find("no arithmetic is called 'fp16x3'"), std::string::npos);
  EXPECT_NE(refusal([] { made("tf32x3-v100"); }).find("no arithmetic"), std::string::npos);
}

TEST(Presets, any_arithmetic_takes_any_model) {
  EXPECT_EQ(made("fp16", {{"model", "pairwise"}}).product.model, AccumulationModel::pairwise);
  EXPECT_EQ(made("fp64", {{"model", "exact"}}).product.model, AccumulationModel::exact);
  const Arithmetic unit =
      made("bf16", {{"model", "bfma"}, {"terms", 4}, {"fraction_bits", 23}, {"accumulator_rounding", "toward-zero"}});
  EXPECT_EQ(unit.product.unit.terms, 4);
  EXPECT_EQ(unit.product.unit.fraction_bits, 23);
  EXPECT_EQ(unit.product.rounding, Rounding::toward_zero);
}

TEST(Presets, overflow_and_subnormals_change_the_formats_concerned) {
  const Arithmetic saturating = made("fp16", {{"overflow", "saturate"}});
  EXPECT_EQ(saturating.operand.name, "fp16-saturate");
  EXPECT_EQ(saturating.storage.name, "fp16-saturate");
  EXPECT_EQ(saturating.product.format, fp32_format());
  EXPECT_EQ(saturating.input_format(), "fp16-saturate");
  const Arithmetic inputs = made("bf16", {{"subnormals", "flush-inputs"}});
  EXPECT_FALSE(inputs.operand.subnormals);
  EXPECT_FALSE(inputs.addend.subnormals);
  EXPECT_FALSE(inputs.vector_operand.subnormals);
  EXPECT_TRUE(inputs.storage.subnormals);
  EXPECT_TRUE(inputs.product.format.subnormals);
  const Arithmetic outputs = made("bf16", {{"subnormals", "flush-outputs"}});
  EXPECT_TRUE(outputs.operand.subnormals);
  EXPECT_FALSE(outputs.storage.subnormals);
  EXPECT_FALSE(outputs.product.format.subnormals);
  EXPECT_FALSE(outputs.vector.format.subnormals);
  const Arithmetic both = made("fp16-pure", {{"subnormals", "flush"}});
  EXPECT_FALSE(both.operand.subnormals);
  EXPECT_FALSE(both.product.format.subnormals);
}

// The lanes are the vector unit's; products of a pure arithmetic stay sequential.
TEST(Presets, vector_lanes_concern_the_vector_unit_alone) {
  for (const char* name : {"fp32", "fp16-pure"}) {
    const Arithmetic lanes = made(name, {{"vector_lanes", "2f,1,8,4"}});
    EXPECT_EQ(lanes.vector.model, AccumulationModel::lanes) << name;
    EXPECT_EQ(lanes.product.model, AccumulationModel::sequential) << name;
  }
  EXPECT_NE(refusal([] {
              made("fp16", {{"vector_lanes", "1"}, {"rounding", "stochastic"}});
            }).find("stochastic"),
            std::string::npos);
}

// Without subnormals a tiny sum on a matrix unit is a zero of its sign's magnitude: 2^-70 * 2^-70 and more.
TEST(Presets, a_matrix_unit_flushes_what_it_is_asked_to) {
  const Arithmetic arithmetic = made("bf16-h100", {{"subnormals", "flush-outputs"}});
  const float a[] = {0x1p-70F, 0x1p-50F}, b[] = {0x1p-70F, 0x1p-50F};
  for (const auto& [k, expected] : {std::pair{0, 0.0F}, std::pair{1, 0x1p-100F}}) {
    float sum = 0;
    ProductTask<float> task;
    task.rows = task.inner = task.columns = 1;
    task.a = a + k;
    task.b = b + k;
    task.accumulator = &sum;
    task.a_stride = task.b_stride = task.accumulator_stride = 1;
    task.operand_precision = 8;
    accumulate_product(task, arithmetic.product);
    EXPECT_EQ(sum, expected);
    float kept = 0;
    task.accumulator = &kept;
    accumulate_product(task, made("bf16-h100").product);
    EXPECT_EQ(kept, k == 0 ? 0x1p-140F : 0x1p-100F);
  }
}

TEST(Presets, what_a_model_cannot_do_is_refused_with_what_it_can) {
  const auto expect = [](const std::string& message, std::initializer_list<const char*> parts) {
    for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << message << " lacks " << part;
  };
  expect(refusal([] { made("fp16", {{"terms", 4}}); }), {"terms", "4", "bfma"});
  expect(refusal([] { made("bf16-h100", {{"fma", true}}); }), {"fma", "bfma", "sequential"});
  expect(refusal([] { made("fp64", {{"model", "bfma"}}); }), {"bfma", "fp64", "fp32"});
  expect(refusal([] { made("fp16", {{"model", "vdpbf16"}}); }), {"vdpbf16", "fp16", "bf16"});
  expect(refusal([] {
           made("fp16", {{"model", "pairwise"}, {"accumulator_rounding", "stochastic"}});
         }),
         {"stochastic", "pairwise", "sequential"});
  expect(refusal([] { made("fp16", {{"model", "tree"}}); }), {"tree", "pairwise"});
  expect(refusal([] { made("bf16-h10"); }), {"did you mean 'bf16-h100'?"});
  expect(refusal([] { made("bf16-h100", {{"terms", 65}}); }), {"terms", "65", "64"});
}

}  // namespace tristab::presets_test
