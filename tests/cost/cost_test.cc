#include "tristab/cost/cost.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tristab/arithmetic/machines.h"
#include "tristab/base/json.h"

namespace tristab::cost_test {
namespace {

// A machine whose rates are round numbers, so that times can be worked out by hand.
Hardware simple_machine() {
  Hardware hardware;
  hardware.name = "simple";
  hardware.matrix = {{make_arithmetic("fp16", Json::object(), ""), 1, 1e9, 0, 10},
                     {make_arithmetic("tf32x3", Json::object(), ""), 1, 1e9, 0, 10}};
  hardware.vector = {make_arithmetic("fp32", Json::object(), ""), 0.25, 1e9, 0.5, 4};
  hardware.memory_gb_s = 1e6;
  hardware.multiprocessors = 1;
  hardware.local_kib = 1e6;
  hardware.most_in_work = 1000000;
  return hardware;
}

MethodSpec method(const char* name) { return expand_method(Json(name), "").front(); }

TimeEstimate time_of(const char* name, int n, const Hardware& hardware, const HardwareUnit& unit) {
  Machines machines;
  const StageUnit all{"*", &unit};
  return estimate_time(count_cost(method(name), n, machines), {&all, 1}, 2.0 * n * n, 4.0 * n * n, hardware);
}

TEST(TimeEstimate, products_take_their_flops_over_the_rate_of_the_unit) {
  const Hardware hardware = simple_machine();
  // mch at 64: 10 products of 2 * 64^3 at 10^3 operations a nanosecond.
  const TimeEstimate time = time_of("mch", 64, hardware, hardware.matrix[0]);
  EXPECT_EQ(time.limit, TimeEstimate::Limit::throughput);
  EXPECT_NEAR(time.ns, 10 * 2 * 64.0 * 64 * 64 / 1e3, 10);  // and I - A on the vector unit
}

TEST(TimeEstimate, a_split_product_is_three) {
  const Hardware hardware = simple_machine();
  EXPECT_NEAR(time_of("mch", 64, hardware, hardware.matrix[1]).ns,
              3 * time_of("mch", 64, hardware, hardware.matrix[0]).ns, 20);
}

TEST(TimeEstimate, sides_of_products_are_padded_to_16) {
  const Hardware hardware = simple_machine();
  Machines machines;
  // bounded-doubling with blocks of 4 has products of 4 x 4 blocks: each as dear as one of 16 x 16.
  const InversionCost cost = count_cost(method("bounded-doubling:block=4"), 16, machines);
  double padded = 0;
  for (const ProductShape& shape : cost.trace.total().products)
    padded += 2.0 * 4096 * shape.batch * static_cast<double>(shape.count);
  ASSERT_GT(padded, cost.trace.total().matmul_flops);
  EXPECT_NEAR(time_of("bounded-doubling:block=4", 16, hardware, hardware.matrix[0]).ns, padded / 1e3,
              0.01 * padded / 1e3);
}

TEST(TimeEstimate, vector_work_takes_the_rate_of_the_vector_unit) {
  const Hardware hardware = simple_machine();
  Machines machines;
  const double flops = count_cost(method("row-substitution"), 64, machines).trace.total().vector_flops;
  ASSERT_GT(flops, 0);
  EXPECT_NEAR(time_of("row-substitution", 64, hardware, hardware.vector).ns, flops / 500, 0.01 * flops / 500);
}

TEST(TimeEstimate, slow_memory_limits_what_computes_fast) {
  Hardware hardware = simple_machine();
  hardware.memory_gb_s = 1;
  const TimeEstimate time = time_of("mch", 64, hardware, hardware.matrix[0]);
  EXPECT_EQ(time.limit, TimeEstimate::Limit::memory);
  EXPECT_DOUBLE_EQ(time.ns, 6.0 * 64 * 64);
}

TEST(TimeEstimate, long_steps_limit_a_chain_of_products) {
  Hardware hardware = simple_machine();
  hardware.matrix[0].step_ns = 1e6;
  hardware.most_in_work = 2;
  const TimeEstimate time = time_of("mch", 64, hardware, hardware.matrix[0]);
  EXPECT_EQ(time.limit, TimeEstimate::Limit::latency);
  // A chain of 6 products, two matrices in work; and half of a matrix's own work.
  EXPECT_NEAR(time.ns, 6 * 1e6 / 2 + 10 * 2 * 64.0 * 64 * 64 / 1e3 / 2, 100);
}

TEST(TimeEstimate, casts_count_once_for_each_element_stored) {
  Hardware hardware = simple_machine();
  hardware.matrix[0].tflops = 1e9;
  hardware.matrix[0].casts_per_ns = 1;
  Machines machines;
  // Each of mch's products but the last is stored in fp16, and so is I - A.
  const std::int64_t casts = count_cost(method("mch"), 64, machines).trace.total().casts;
  EXPECT_GE(casts, 9 * 64 * 64);
  EXPECT_LE(casts, 11 * 64 * 64);
  EXPECT_NEAR(time_of("mch", 64, hardware, hardware.matrix[0]).ns, static_cast<double>(casts), 10);
}

TEST(PredictionQuality, equal_orders_have_rank_correlation_1) {
  const std::vector<double> predicted{1, 2, 3, 4}, measured{2, 4, 8, 9};
  const PredictionQuality quality = compare_times(predicted, measured);
  EXPECT_DOUBLE_EQ(quality.rank_correlation, 1);
  EXPECT_DOUBLE_EQ(quality.worst_factor, 8.0 / 3);
  EXPECT_EQ(quality.times, 4);
}

TEST(PredictionQuality, ties_take_their_mean_rank) {
  // By hand: ranks 0.5 0.5 2 3 against 0 1 2 3: covariance 4.5, variances 4.5 and 5.
  const std::vector<double> predicted{1, 1, 3, 4}, measured{1, 2, 3, 4};
  EXPECT_NEAR(compare_times(predicted, measured).rank_correlation, 4.5 / std::sqrt(4.5 * 5), 1e-12);
}

TEST(PredictionQuality, reversed_orders_have_rank_correlation_minus_1) {
  const std::vector<double> predicted{3, 2, std::nan(""), 1}, measured{1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(compare_times(predicted, measured).rank_correlation, -1);
}

TEST(TimeCorrection, is_the_mean_of_measured_over_predicted) {
  Hardware hardware = simple_machine();
  const TimeEstimate predicted = time_of("mch", 64, hardware, hardware.matrix[0]);
  hardware.measured = {{"mch", "fp16", 64, 2 * predicted.ns, ""}, {"mch", "fp16", 64, 8 * predicted.ns, ""}};
  Machines machines;
  const TimeCorrection correction(hardware, 64, machines);
  EXPECT_NEAR(correction.corrected(predicted, "mch").ns, 4 * predicted.ns, 1e-6);
  EXPECT_NEAR(correction.corrected(predicted, "mbh").ns, 4 * predicted.ns, 1e-6);  // of all methods
  EXPECT_EQ(TimeCorrection(hardware, 32, machines).corrected(predicted, "mch").ns, predicted.ns);
}

TEST(TimeCorrection, corrects_memory_by_copies_alone) {
  Hardware hardware = simple_machine();
  hardware.memory_gb_s = 1;
  const TimeEstimate predicted = time_of("mch", 64, hardware, hardware.matrix[0]);
  ASSERT_EQ(predicted.limit, TimeEstimate::Limit::memory);
  // As slow as a copy: nothing is said of how fast it computes.
  hardware.measured = {{"copy", "fp16", 64, 1.5 * predicted.memory, ""},
                       {"mch", "fp16", 64, 1.5 * predicted.memory, ""}};
  Machines machines;
  const TimeEstimate corrected = TimeCorrection(hardware, 64, machines).corrected(predicted, "mch");
  EXPECT_NEAR(corrected.ns, 1.5 * predicted.memory, 1e-6);
  EXPECT_EQ(corrected.compute(), predicted.compute());
}

}  // namespace
}  // namespace tristab::cost_test
