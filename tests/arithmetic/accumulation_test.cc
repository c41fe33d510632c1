// The order of a lane tree as text, and its sum by hand.
#include "tristab/arithmetic/accumulation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tristab/arithmetic/kernels.h"
#include "tristab/base/errors.h"

namespace tristab::accumulation_test {

TEST(LaneTree, order_is_read_with_its_fused_first) {
  const LaneTree tree = lane_tree_of("2f,1,8,4", "test");
  EXPECT_EQ(tree.order, (std::vector<int>{2, 1, 8, 4}));
  EXPECT_TRUE(tree.fused);
  EXPECT_FALSE(lane_tree_of("1", "test").fused);
}

TEST(LaneTree, anything_but_every_bit_once_is_refused_with_an_example) {
  for (const char* text : {"", "2", "1,1", "1,4", "3,1", "1,2f", "1,", "1 2", "x", "256,1", "-1"}) {
    try {
      lane_tree_of(text, "arithmetics[0].vector_lanes");
      ADD_FAILURE() << text << " was accepted";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("2f,1,8,4"), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("arithmetics[0].vector_lanes"), std::string::npos);
    }
  }
}

// Four lanes, pairs two apart first: (a0 b0 + fl(a2 b2)) + (a1 b1 + fl(a3 b3)), a fused first addition keeping a0 b0
// and a1 b1 unrounded. Products of 1 + 2^-23 with itself show which of them is rounded.
TEST(LaneTree, lanes_are_added_in_the_order_given) {
  const float e = 0x1p-23F, x = 1 + e;
  const float a[] = {x, 3, x, 5}, b[] = {x, 0.1F, x, 0.7F};
  for (const bool fused : {false, true}) {
    float sum = -1;
    ProductTask<float> task;
    task.rows = task.columns = 1;
    task.inner = task.a_stride = 4;
    task.a = a;
    task.b = b;
    task.b_stride = task.accumulator_stride = 1;
    task.accumulator = &sum;
    Accumulation accumulation{fp32_format()};
    accumulation.model = AccumulationModel::lanes;
    accumulation.lanes = {{2, 1}, fused};
    accumulate_product(task, accumulation);
    const float p0 = x * x, p1 = a[1] * b[1], p3 = a[3] * b[3];
    const float even = fused ? std::fma(x, x, p0) : p0 + p0;
    const float odd = fused ? std::fma(a[1], b[1], p3) : p1 + p3;
    EXPECT_EQ(sum, -1 + (even + odd)) << fused;
  }
}

TEST(LaneTree, empty_lanes_hold_zeros_and_too_many_products_are_refused) {
  const float a[] = {1, 2, 3, 4, 5}, b[] = {1, 1, 1, 1, 1};
  float sum = 0;
  ProductTask<float> task;
  task.rows = task.columns = 1;
  task.inner = 3;
  task.a = a;
  task.a_stride = 5;
  task.b = b;
  task.b_stride = task.accumulator_stride = 1;
  task.accumulator = &sum;
  Accumulation accumulation{fp32_format()};
  accumulation.model = AccumulationModel::lanes;
  accumulation.lanes = lane_tree_of("2,1", "test");
  accumulate_product(task, accumulation);
  EXPECT_EQ(sum, 6);
  task.inner = 5;
  EXPECT_THROW(accumulate_product(task, accumulation), UsageError);
}

}  // namespace tristab::accumulation_test
