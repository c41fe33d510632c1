// Growth, overflow and underflow: live and discarded elements apart, each overflow counted where it happens
// and once.
#include <gtest/gtest.h>

#include <cmath>

#include "support/bits.h"
#include "support/machines.h"
#include "tristab/arithmetic/machine.h"

namespace tristab::machine_overflow_test {

// a b
// c d
Matrix two_by_two(double a, double b, double c, double d) {
  Matrix matrix(2, 2);
  matrix(0, 0) = a;
  matrix(0, 1) = b;
  matrix(1, 0) = c;
  matrix(1, 1) = d;
  return matrix;
}

TEST(MachineOverflow, an_infinite_input_overflows_before_the_method_starts) {
  TestMachine machine("fp16");
  Matrix a(4, 4);
  a(2, 1) = std::numeric_limits<double>::infinity();  // what rounding 1e5 to fp16 gives
  const Value x = machine->input(a, 4);
  EXPECT_FALSE(x.finite());
  EXPECT_EQ(machine->trace().first_overflow.stage, "input");
  EXPECT_EQ(machine->trace().total().overflows_live, 1);
  machine->stage("later").fl({x, x});
  EXPECT_EQ(machine->trace().total().overflows_live, 1);  // inherited, not made
}

TEST(MachineOverflow, is_counted_when_the_result_is_rounded_to_storage) {
  TestMachine machine("fp16");
  const Value x = machine->input(two_by_two(300, 0, 0, 2), 2);
  const Stage quiet = machine->stage("quiet"), loud = machine->stage("loud");
  const Value fine = quiet.fl({x, machine->identity(2)});
  const Value y = loud.fl({x, x});  // 90000 in fp32, infinity in fp16
  EXPECT_EQ(machine->output(y)(0, 0), kInfinity);
  EXPECT_TRUE(fine.finite());
  EXPECT_FALSE(y.finite());
  const StageTrace total = machine->trace().total();
  EXPECT_EQ(total.overflows_live, 1);
  EXPECT_EQ(total.overflows_dead, 0);
  EXPECT_EQ(total.largest_live, 90000);  // before rounding to storage
  const FirstOverflow& first = machine->trace().first_overflow;
  EXPECT_EQ(first.stage, "loud");
  EXPECT_EQ(first.operation, 1);  // one operation had been done before
  EXPECT_TRUE(first.live);
  machine->stage("later").fl({x, x});  // overflows on its own account, but not first
  EXPECT_EQ(machine->trace().total().overflows_live, 2);
  EXPECT_EQ(first.stage, "loud");
}

TEST(MachineOverflow, inside_the_accumulator_is_an_overflow_too) {
  TestMachine machine("fp16-pure");
  const Value x = machine->input(two_by_two(300, 0, 0, 2), 2);
  const Value y = machine->stage("stage").fl({x, x}, RoundTo::accumulator);
  EXPECT_EQ(machine->output(y)(0, 0), kInfinity);
  EXPECT_EQ(machine->trace().total().overflows_live, 1);
  EXPECT_EQ(machine->trace().total().largest_live, 4);  // the largest finite one
}

TEST(MachineOverflow, of_a_kept_value_entering_a_product_is_counted_once) {
  TestMachine machine("fp16");
  const Value x = machine->input(two_by_two(300, 0, 0, 2), 2), identity = machine->identity(2);
  const Value kept = machine->stage("keeping").fl({x, x}, RoundTo::accumulator);  // 90000 is a number of fp32
  EXPECT_TRUE(kept.finite());
  EXPECT_EQ(machine->trace().total().overflows_live, 0);
  const Value y = machine->stage("entering").fl({kept, identity});  // infinity in fp16, and inf x 0 = NaN beside it
  EXPECT_TRUE(std::isnan(machine->output(y)(0, 1)));
  EXPECT_EQ(machine->trace().total().overflows_live + machine->trace().total().overflows_dead, 1);
  EXPECT_EQ(machine->trace().first_overflow.stage, "entering");
  // As an addend it is not rounded.
  machine.restart();
  const Value z = machine->stage("addend").fl(kept, {identity, identity}, RoundTo::accumulator);
  EXPECT_EQ(machine->output(z)(0, 0), 90001);
  EXPECT_EQ(machine->trace().total().overflows_live, 0);
}

TEST(MachineOverflow, inherited_infinities_and_nan_are_not_overflows) {
  TestMachine machine("fp16");
  const Value x = machine->input(two_by_two(300, 1, 1, 2), 2);
  const Stage stage = machine->stage("stage"), later = machine->stage("later");
  const Value y = stage.fl({x, x});
  const auto count = machine->trace().total().overflows_live;
  EXPECT_EQ(count, 1);
  later.fl({y, x});
  later.fl(y, {x, machine->identity(2)});
  later.add(y, x);
  later.vector(x, {y, x});
  later.stored(y);
  later.fl({machine->band(y, 1), x});
  const Machine::Placed parts[] = {{0, 0, y}};
  later.fl({machine->assemble(2, 2, parts), x});
  EXPECT_EQ(machine->trace().total().overflows_live, count);
  EXPECT_EQ(machine->trace().first_overflow.stage, "stage");
}

// What is cut out of a matrix that overflowed may be finite again, and can then overflow itself.
TEST(MachineOverflow, finite_parts_of_an_overflowed_matrix_are_finite) {
  TestMachine machine("fp16");
  const Value x = machine->input(two_by_two(1, 300, 300, 1), 2);
  const Value y = machine->stage("stage").fl({x, x});  // infinite on the diagonal only
  EXPECT_FALSE(y.finite());
  EXPECT_EQ(machine->trace().total().overflows_live, 2);
  const Matrix upper = two_by_two(kInfinity, 600, 600, kInfinity);
  EXPECT_EQ(machine->output(y), upper);
  const Value z = machine->input(two_by_two(2, 300, 1, 2), 2);
  const Value w = machine->stage("dead").live(Region{1}).fl({z, machine->twice(machine->twice(machine->twice(z)))});
  EXPECT_TRUE(w.finite());
  Matrix big(4, 4);
  big(0, 2) = big(2, 0) = 300;
  big(0, 0) = 1;
  const Value b = machine->input(big, 4);
  const Value square = machine->stage("square").fl({b, b});  // infinite at (0, 0) and (2, 2)
  EXPECT_FALSE(square.finite());
  EXPECT_FALSE(machine->even(square, 2).finite());
  const Value off = machine->odd(square, 1);  // (1, 1) and (3, 3): zeros
  EXPECT_TRUE(off.finite());
  const Value below = machine->input(two_by_two(0, 300, 0, 0), 2);
  const Value upper_only = machine->stage("upper").fl({below, machine->input(two_by_two(0, 0, 0, 300), 2)});
  EXPECT_FALSE(upper_only.finite());
  EXPECT_TRUE(machine->band(upper_only, 1).finite());
}

// In mbh the off-diagonal blocks are junk that the next step drops.
TEST(MachineOverflow, in_discarded_elements_is_counted_dead) {
  TestMachine machine("fp16");
  Matrix a(4, 4);
  for (int i = 0; i < 4; ++i) a(i, i) = 2;
  a(0, 3) = 300;
  a(3, 3) = 300;
  a(1, 0) = 100;
  const Value x = machine->input(a, 4);
  machine->stage("first").live(Region{2}).fl({x, machine->band(x, 3)});  // (0, 3) = 90000: outside the 2 x 2 blocks
  const Trace& trace = machine->trace();
  StageTrace total = trace.total();
  EXPECT_EQ(total.overflows_dead, 1);
  EXPECT_EQ(total.overflows_live, 1);  // (3, 3) = 90000
  EXPECT_EQ(total.largest_live, 90000);
  EXPECT_EQ(total.largest_dead, 90000);
  EXPECT_TRUE(trace.first_overflow.live);  // both at once: the live one names it
  machine.restart();
  a(3, 3) = 256;
  const Value y = machine->input(a, 4);
  const Value z =
      machine->stage("first").live(Region{2}).fl({machine->block(y, 0, 0, 4, 4), machine->identity(4, 1, 255)});
  EXPECT_FALSE(z.finite());
  EXPECT_EQ(machine->trace().total().overflows_dead, 1);  // 300 x 255 = 76500
  EXPECT_EQ(machine->trace().total().overflows_live, 0);  // 256 x 255 = 65280
  EXPECT_EQ(machine->trace().total().largest_dead, 76500);
  EXPECT_EQ(machine->trace().total().largest_live, 65280);
  EXPECT_EQ(machine->trace().first_overflow.stage, "first");
  EXPECT_FALSE(machine->trace().first_overflow.live);
}

TEST(MachineOverflow, a_region_as_large_as_the_matrix_or_none_is_all_live) {
  for (const int block : {0, 2, 4}) {
    TestMachine machine("fp16");
    const Value x = machine->input(two_by_two(1, 300, 1, 1), 2);
    machine->stage("stage").live(Region{block}).fl({x, machine->identity(2, 1, 300)});
    EXPECT_EQ(machine->trace().total().overflows_live, 1);
    EXPECT_EQ(machine->trace().total().overflows_dead, 0);
  }
}

TEST(MachineOverflow, live_and_dead_growth_are_kept_apart) {
  TestMachine machine("fp32");
  Matrix a = whole_numbers(6, 6, 9, 21);
  a(5, 0) = 1000;
  a(2, 2) = -500;
  const Value x = machine->input(a, 6);
  const Stage stage = machine->stage("stage");
  stage.live(Region{2}).fl({x, machine->identity(6)});
  EXPECT_EQ(machine->trace().total().largest_live, 500);
  EXPECT_EQ(machine->trace().total().largest_dead, 1000);
  stage.fl({x, machine->identity(6)});
  EXPECT_EQ(machine->trace().total().largest_live, 1000);
}

TEST(MachineOverflow, underflows_are_results_lost_to_zero_or_inexact_subnormals) {
  TestMachine machine("fp16");
  Matrix a(4, 4);
  a(0, 0) = 0x1p-13;      // times 2^-13: 2^-26, zero in fp16
  a(1, 1) = 0x1.8p-11;    // 2.25 x 2^-22: nine quarters of four quanta, exact
  a(2, 2) = 0x1.004p-10;  // (1 + 2^-10)^2 2^-20: inexact subnormal
  a(3, 3) = 0x1p-7;       // 2^-14: the smallest normal number
  const Value x = machine->input(a, 4);
  machine->stage("stage").fl({x, x});
  EXPECT_EQ(machine->trace().total().underflows, 2);
  EXPECT_EQ(machine->trace().total().overflows_live, 0);
}

// 300 x 300 = 90000 is cut to 65504 on the way, and the sum ends at 65504 - 40000.
TEST(MachineOverflow, a_cut_inside_a_saturating_sum_is_counted) {
  for (const bool vector : {false, true}) {
    TestMachine machine("fp16-pure", {{"overflow", "saturate"}});
    const Value x = machine->input(two_by_two(300, 200, 0, 0), 2);
    const Value y = machine->input(two_by_two(300, 0, -200, 0), 2);
    const Stage stage = machine->stage("stage");
    const Value z = vector ? stage.vector(machine->identity(2, 1, 0), {x, y}) : stage.fl({x, y});
    EXPECT_EQ(machine->output(z)(0, 0), 65504 - 40000);
    EXPECT_TRUE(z.finite());
    const StageTrace total = machine->trace().total();
    EXPECT_EQ(total.overflows_live, 1);
    EXPECT_EQ(total.saturations, 1);
    EXPECT_EQ(machine->trace().first_overflow.stage, "stage");
    stage.fl({x, y});  // and counted again, for the operands are finite
    EXPECT_EQ(machine->trace().total().saturations, 2);
  }
}

// The counters of a case do not depend on what ran on the machine before; buffers are used again.
TEST(MachineOverflow, split_products_and_blocks_count_their_own_cuts_only) {
  for (const auto& [name, accumulate] : {std::pair{"tf32x3", "bf16-saturate"}, std::pair{"mxfp8", "fp32-saturate"}}) {
    TestMachine machine(name, {{"accumulate", accumulate}});
    {
      const Value huge = machine->input(two_by_two(3e38, 3e38, 3e38, 3e38), 2);
      machine->stage("leaves infinities behind").fl({huge, huge}, RoundTo::accumulator);
    }
    machine.restart();
    const Value x = machine->input(two_by_two(1, 2, 3, 4), 2);
    machine->stage("stage").fl({x, x});
    EXPECT_EQ(machine->trace().total().overflows_live, 0) << name;
  }
}

TEST(MachineOverflow, block_scaled_sums_that_are_cut_are_counted) {
  TestMachine machine("mxfp8", {{"accumulate", "fp16-saturate"}});
  const Value x = machine->input(two_by_two(300, 0, 0, 300), 2);
  machine->stage("stage").fl({x, x});
  EXPECT_GE(machine->trace().total().overflows_live, 2);
}

TEST(MachineOverflow, a_saturating_storage_counts_what_it_cuts) {
  TestMachine machine("fp16", {{"overflow", "saturate"}});
  const Value x = machine->input(two_by_two(300, 0, 0, 2), 2);
  const Value y = machine->stage("stage").fl({x, x});
  EXPECT_EQ(machine->output(y)(0, 0), 65504);
  EXPECT_TRUE(y.finite());
  EXPECT_EQ(machine->trace().total().saturations, 1);
  EXPECT_EQ(machine->trace().total().overflows_live, 1);
}

TEST(MachineOverflow, what_rounding_the_input_lost_is_counted) {
  TestMachine machine("fp16", {{"overflow", "saturate"}});
  RowStatistics events;
  events.overflows = 1;
  events.underflows = 3;
  machine->input(two_by_two(65504, 0, 0, 1), 2, events);
  const StageTrace total = machine->trace().total();
  EXPECT_EQ(total.saturations, 1);
  EXPECT_EQ(total.overflows_live, 1);
  EXPECT_EQ(total.underflows, 3);
  EXPECT_EQ(machine->trace().first_overflow.stage, "input");
}

TEST(MachineOverflow, operands_that_lose_range_on_entry_are_counted) {
  TestMachine machine("fp16");
  const Value x = machine->input(two_by_two(0x1p-13, 0, 0, 1), 2), identity = machine->identity(2);
  const Value kept = machine->stage("keeping").fl({x, x}, RoundTo::accumulator);  // 2^-26, a number of fp32
  EXPECT_EQ(machine->trace().total().underflows, 0);
  const Value y = machine->stage("entering").fl({kept, identity});
  EXPECT_EQ(machine->output(y)(0, 0), 0);
  EXPECT_EQ(machine->trace().total().underflows, 1);
}

TEST(MachineOverflow, twice_a_value_beyond_the_carrier_is_seen) {
  TestMachine machine("bf16");
  const Value x = machine->input(two_by_two(0x1p127, 0, 0, 1), 2);
  const Value y = machine->stage("stage").fl({machine->twice(x), machine->identity(2)}, RoundTo::accumulator);
  EXPECT_EQ(machine->output(y)(0, 0), kInfinity);
  EXPECT_TRUE(std::isnan(machine->output(y)(0, 1)));  // inf x 0: not skipped
  EXPECT_EQ(machine->trace().total().overflows_live, 1);
}

TEST(MachineOverflow, a_new_case_forgets_the_old_ones) {
  TestMachine machine("fp16");
  {
    const Value x = machine->input(two_by_two(300, 0, 0, 2), 2);
    machine->stage("stage").fl({x, x});
  }
  machine.restart();
  EXPECT_EQ(machine->trace().total().overflows_live, 0);
  EXPECT_TRUE(machine->trace().first_overflow.stage.empty());
  EXPECT_TRUE(machine->trace().stages.empty());
  EXPECT_TRUE(machine->trace().total().products.empty());
}

}  // namespace tristab::machine_overflow_test
