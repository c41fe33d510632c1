#include "tristab/arithmetic/case_precision.h"

#include <gtest/gtest.h>

#include "tristab/base/json.h"

namespace tristab::case_precision_test {

Arithmetic made(const char* name, const Json& parameters = Json::object()) {
  return make_arithmetic(name, parameters, "test");
}

StageTrace stage(const char* name, int matmuls, int vector_steps) {
  StageTrace trace;
  trace.name = name;
  trace.matmuls = matmuls;
  trace.vector_steps = vector_steps;
  return trace;
}

Trace trace_of(const std::vector<StageTrace>& stages) {
  Trace trace;
  trace.stages = stages;
  return trace;
}

CasePrecision of_products(const Arithmetic& arithmetic) {
  return precision_of({{"*", &arithmetic}}, trace_of({stage("powers", 3, 0)}));
}

TEST(CasePrecision, products_of_fp16_are_summed_in_fp32) {
  const CasePrecision precision = of_products(made("fp16"));
  EXPECT_EQ(precision.coarsest, "fp16");
  EXPECT_EQ(precision.unit_roundoff, 0x1p-11);
  EXPECT_EQ(precision.unit_roundoff_sums, 0x1p-24);
  EXPECT_EQ(precision.step, 0);
}

TEST(CasePrecision, the_vector_unit_of_bf16_sums_in_bf16) {
  const Arithmetic bf16 = made("bf16");
  EXPECT_EQ(precision_of({{"*", &bf16}}, trace_of({stage("rows", 0, 63)})).unit_roundoff_sums, 0x1p-8);
}

// The fault that was found: a recipe was judged by the stage "*", whatever its other stages round to.
TEST(CasePrecision, the_coarsest_stage_that_ran_counts) {
  const Arithmetic fp32 = made("fp32"), tf32 = made("tf32"), bf16 = made("bf16");
  const StageArithmetics stages{{"*", &fp32}, {"merge", &tf32}, {"output", &bf16}};
  EXPECT_EQ(precision_of(stages, trace_of({stage("diagonal", 0, 15)})).coarsest, "fp32");
  const CasePrecision merged = precision_of(stages, trace_of({stage("diagonal", 0, 15), stage("merge", 6, 0)}));
  EXPECT_EQ(merged.coarsest, "tf32");
  EXPECT_EQ(merged.unit_roundoff, 0x1p-11);
  EXPECT_EQ(precision_of(stages, trace_of({stage("diagonal", 0, 15), stage("output", 0, 0)})).unit_roundoff, 0x1p-8);
}

TEST(CasePrecision, tf32_is_fp32_where_nothing_is_multiplied) {
  const Arithmetic tf32 = made("tf32");
  EXPECT_EQ(precision_of({{"*", &tf32}}, trace_of({stage("rows", 0, 15)})).unit_roundoff, 0x1p-24);
}

TEST(CasePrecision, other_modes_than_nearest_have_twice_the_roundoff) {
  for (const char* rounding : {"toward-zero", "up", "stochastic"})
    EXPECT_EQ(of_products(made("fp16", {{"rounding", rounding}})).unit_roundoff, 0x1p-10) << rounding;
}

TEST(CasePrecision, two_parts_of_bf16_hold_sixteen_bits) {
  EXPECT_EQ(of_products(made("bf16x3")).unit_roundoff, 0x1p-16);
  EXPECT_EQ(of_products(made("bf16x3")).coarsest, "bf16x3");
  EXPECT_EQ(of_products(made("tf32x3")).unit_roundoff, 0x1p-22);
}

TEST(CasePrecision, integers_have_a_step_and_microscaling_its_elements_roundoff) {
  const CasePrecision integers = of_products(made("int8"));
  EXPECT_EQ(integers.step, 1.0 / 254);
  EXPECT_EQ(integers.coarsest, "int8");
  EXPECT_EQ(integers.largest(), 1.0 / 254);
  EXPECT_EQ(of_products(made("mxfp8")).step, 0);
  EXPECT_EQ(of_products(made("mxfp8")).unit_roundoff, 0x1p-4);
}

}  // namespace tristab::case_precision_test
