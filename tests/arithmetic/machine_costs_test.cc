// Counts, depth and workspace of small computations, counted by hand.
#include <gtest/gtest.h>

#include "support/machines.h"
#include "tristab/arithmetic/machine.h"

namespace tristab::machine_costs_test {

const StageTrace& trace_of(Machine& machine, std::string_view name) {
  for (const StageTrace& stage : machine.trace().stages) {
    if (stage.name == name) return stage;
  }
  throw std::logic_error("no such stage");
}

TEST(MachineCosts, products_and_vector_steps_are_counted_by_stage) {
  TestMachine machine("fp16");
  const Value x = machine->input(whole_numbers(8, 8, 1, 1), 8);
  const Stage first = machine->stage("first"), second = machine->stage("second");
  const Value square = first.fl({x, x});  // 2 8 8 8
  const Value blocks = machine->diagonal_blocks(x, 2);
  const Value cubes = first.fl({blocks, blocks});  // 4 blocks, 2 2 2 2 each
  const Value strip =
      second.fl({machine->block(x, 0, 0, 3, 5), machine->block(x, 0, 0, 5, 7)}, RoundTo::accumulator);  // 2 3 5 7
  const Value row = second.vector(machine->row(x, 0), {machine->block(x, 1, 0, 1, 4), machine->block(x, 0, 0, 4, 8)});
  const Value sum = second.add(x, square);  // 64 additions
  const StageTrace& a = trace_of(*machine, "first");
  const StageTrace& b = trace_of(*machine, "second");
  EXPECT_EQ(a.matmuls, 2);  // a product of a batch is one
  EXPECT_EQ(a.matmul_flops, 2 * 8 * 8 * 8 + 4 * 2 * 2 * 2 * 2);
  EXPECT_EQ(a.vector_steps, 0);
  EXPECT_EQ(b.matmuls, 1);
  EXPECT_EQ(b.matmul_flops, 2 * 3 * 5 * 7);
  EXPECT_EQ(b.vector_steps, 2);
  EXPECT_EQ(b.vector_flops, 2 * 1 * 4 * 8 + 64);
  const StageTrace total = machine->trace().total();
  EXPECT_EQ(total.matmuls, 3);
  EXPECT_EQ(total.vector_steps, 2);
  EXPECT_EQ(total.matmul_flops, a.matmul_flops + b.matmul_flops);
  EXPECT_EQ(machine->trace().operations, 5);
}

TEST(MachineCosts, shapes_keep_batches_apart_and_count_repetitions) {
  TestMachine machine("fp16");
  const Value x = machine->input(whole_numbers(8, 8, 1, 1), 8);
  const Stage stage = machine->stage("stage");
  const Value blocks = machine->diagonal_blocks(x, 4), one = machine->block(x, 0, 0, 4, 4);
  stage.fl({x, x});
  stage.fl({blocks, blocks});
  stage.fl({x, x});
  stage.fl({one, one});
  stage.fl({machine->block(x, 0, 0, 4, 8), machine->block(x, 0, 0, 8, 4)});
  const std::vector<ProductShape> shapes = machine->trace().total().products;
  ASSERT_EQ(shapes.size(), 4U);
  const auto expect = [](const ProductShape& shape, int rows, int inner, int columns, int batch, int count) {
    EXPECT_EQ(shape.rows, rows);
    EXPECT_EQ(shape.inner, inner);
    EXPECT_EQ(shape.columns, columns);
    EXPECT_EQ(shape.batch, batch);
    EXPECT_EQ(shape.count, count);
  };
  expect(shapes[0], 8, 8, 8, 1, 2);
  expect(shapes[1], 4, 4, 4, 2, 1);
  expect(shapes[2], 4, 4, 4, 1, 1);
  expect(shapes[3], 4, 8, 4, 1, 1);
}

// Zeros are skipped by the kernels, never by the counts.
TEST(MachineCosts, counts_stay_dense_whatever_is_zero) {
  TestMachine machine("fp16");
  const Value zero = machine->input(Matrix(8, 8), 8);
  machine->stage("stage").fl({zero, machine->identity(8)});
  EXPECT_EQ(machine->trace().total().matmul_flops, 2 * 8 * 8 * 8);
}

TEST(MachineCosts, depth_is_the_longest_chain) {
  TestMachine machine("fp32");
  const Value x = machine->input(whole_numbers(4, 4, 1, 1), 4);
  const Stage stage = machine->stage("stage");
  const Value x2 = stage.fl({x, x}), x4 = stage.fl({x2, x2}), x8 = stage.fl({x4, x4});  // 1, 2, 3
  const Value side = stage.fl(x, {x, x});                                               // 1
  EXPECT_EQ(x8.depth().products, 3);
  EXPECT_EQ(side.depth().products, 1);
  EXPECT_EQ(stage.fl(x8, {side, x}).depth().products, 4);  // the addend's chain ends in this product
  EXPECT_EQ(stage.fl({side, x}).depth().products, 2);
  EXPECT_EQ(machine->negate(machine->band(machine->even(x4, 2), 1)).depth().products, 2);
  EXPECT_EQ(machine->block_diagonal(machine->diagonal_blocks(x4, 2)).depth().products, 2);
  const Machine::Placed parts[] = {{0, 0, machine->block(x2, 0, 0, 2, 2)}, {2, 2, machine->block(x8, 0, 0, 2, 2)}};
  EXPECT_EQ(machine->assemble(4, 4, parts).depth().products, 3);
  EXPECT_EQ(stage.stored(x4).depth().products, 2);
  machine->set_result(x8);
  EXPECT_EQ(machine->trace().product_depth, 3);
  EXPECT_EQ(machine->trace().vector_depth, 0);
}

// Three products on one side, two vector steps on the other: (3, 3) after one more step, not 6 in a row.
TEST(MachineCosts, chains_of_products_and_of_vector_steps_are_two_lengths) {
  TestMachine machine("fp32");
  const Value x = machine->input(whole_numbers(4, 4, 1, 1), 4);
  const Stage stage = machine->stage("stage");
  const Value p = stage.fl({stage.fl({stage.fl({x, x}), x}), x});
  const Value v = stage.add(stage.add(stage.fl({x, x}), x), x);
  EXPECT_EQ(v.depth().products, 1);
  EXPECT_EQ(v.depth().vector_steps, 2);
  const Value joined = stage.subtract(p, v);
  machine->set_result(joined);
  EXPECT_EQ(machine->trace().product_depth, 3);
  EXPECT_EQ(machine->trace().vector_depth, 3);
}

TEST(MachineCosts, rows_join_the_depths_of_all_rows) {
  TestMachine machine("fp32");
  const Value a = machine->input(whole_numbers(4, 4, 1, 1), 4), identity = machine->identity(4);
  const Stage stage = machine->stage("stage");
  Rows x(*machine, 4, 4, 1);
  x.append(machine->row(identity, 0));
  for (int i = 1; i < 4; ++i)
    x.append(stage.vector(machine->row(identity, i), {machine->block(a, i, 0, 1, i), x.top()}));
  EXPECT_EQ(x.all().depth().vector_steps, 3);
  EXPECT_EQ(x.all().depth().products, 0);
}

// A: 4 x 4 fp16 = 32 bytes. y: 32, together 64. z kept in fp32: 64, together 128. Without y: 96. w: 32, 128
// again. v kept: 64, together 192: the maximum. Views, negatives and the identity take nothing.
TEST(MachineCosts, workspace_is_the_largest_number_of_bytes_alive_at_once) {
  TestMachine machine("fp16");
  const Value a = machine->input(whole_numbers(4, 4, 1, 1), 4);
  EXPECT_EQ(machine->trace().workspace_bytes, 32);
  const Stage stage = machine->stage("stage");
  Value y = stage.fl(machine->identity(4), {a, machine->negate(a)});
  EXPECT_EQ(machine->trace().workspace_bytes, 64);
  const Value z = stage.fl({y, y}, RoundTo::accumulator);
  EXPECT_EQ(machine->trace().workspace_bytes, 128);
  y = Value();
  const Value w = stage.fl({a, a}), view = machine->block(w, 0, 0, 2, 2);
  EXPECT_EQ(machine->trace().workspace_bytes, 128);
  const Value v = stage.fl({a, w}, RoundTo::accumulator);
  EXPECT_EQ(machine->trace().workspace_bytes, 192);
  const Machine::Placed parts[] = {{0, 0, view}, {2, 2, machine->block(machine->identity(4), 0, 0, 2, 2)}};
  const Value whole = machine->assemble(4, 4, parts);  // of fp16 elements: 32
  EXPECT_EQ(machine->trace().workspace_bytes, 192 + 32);
}

// A: 32 bytes; X grows in place: 32; a row on its way into X: 8.
TEST(MachineCosts, rows_take_the_bytes_of_their_matrix) {
  TestMachine machine("fp16");
  const Value a = machine->input(whole_numbers(4, 4, 1, 1), 4), identity = machine->identity(4);
  const Stage stage = machine->stage("stage");
  Rows x(*machine, 4, 4, 1);
  x.append(machine->row(identity, 0));
  for (int i = 1; i < 3; ++i)
    x.append(stage.vector(machine->row(identity, i), {machine->block(a, i, 0, 1, i), x.top()}));
  x.append(machine->row(identity, 3));  // takes no bytes itself, but the matrix keeps its own
  EXPECT_EQ(machine->trace().workspace_bytes, 32 + 32 + 8);
  const Value y = stage.fl({a, a});
  EXPECT_EQ(machine->trace().workspace_bytes, 32 + 32 + 32);
}

TEST(MachineCosts, codes_take_their_own_bits) {
  TestMachine machine("int8");
  const Value a = machine->input(whole_numbers(4, 4, 9, 1), 4);
  EXPECT_EQ(machine->trace().workspace_bytes, 16);
  const Stage stage = machine->stage("stage");
  const Value y = stage.fl({a, a});
  EXPECT_EQ(machine->trace().workspace_bytes, 32);
  const Value z = stage.fl({a, a}, RoundTo::accumulator);
  EXPECT_EQ(machine->trace().workspace_bytes, 32 + 64);
}

TEST(MachineCosts, later_cases_on_pooled_buffers_repeat_results_and_counts) {
  for (const char* name : {"fp16", "bf16-pure", "int8", "tf32"}) {
    TestMachine machine(name);
    const Matrix a = random_matrix(8, format_of("e4m3", "test"), -4, 0, 3);
    Matrix results[3];
    Trace traces[3];
    for (int round = 0; round < 3; ++round) {
      machine.restart();
      const Value x = machine->input(a, 8);
      const Stage stage = machine->stage("stage");
      const Value y = stage.fl(machine->identity(8), {x, machine->negate(x)});
      const Value b = machine->diagonal_blocks(y, 4);
      const Value z = stage.fl(machine->block_diagonal(stage.fl({b, b})), {y, x}, RoundTo::accumulator);
      machine->set_result(z);
      results[round] = machine->output(z);
      traces[round] = machine->trace();
    }
    for (const int round : {1, 2}) {
      EXPECT_EQ(results[round], results[0]) << name;
      EXPECT_EQ(traces[round].workspace_bytes, traces[0].workspace_bytes) << name;
      EXPECT_EQ(traces[round].operations, traces[0].operations) << name;
      EXPECT_EQ(traces[round].product_depth, traces[0].product_depth) << name;
      EXPECT_EQ(traces[round].total().matmuls, 3) << name;
      EXPECT_EQ(traces[round].total().products.size(), traces[0].total().products.size()) << name;
    }
  }
}

TEST(MachineCosts, stages_take_the_arithmetic_of_their_name) {
  const Arithmetic fp32 = arithmetic_of("fp32"), fp16 = arithmetic_of("fp16");
  Machine machine(make_float_engine());
  machine.start({{"*", &fp32}, {"merge", &fp16}});
  EXPECT_EQ(machine.stage("merge").arithmetic().name, "fp16");
  EXPECT_EQ(machine.stage("diagonal").arithmetic().name, "fp32");
  EXPECT_EQ(machine.stage("merge").live(Region{2}).arithmetic().name, "fp16");
  const Value x = machine.input(mapped(Matrix(2, 2), [](int, int, double) { return 1 + 0x1p-20; }), 2);
  EXPECT_EQ(machine.output(machine.stage("merge").fl({x, machine.identity(2)}, RoundTo::accumulator))(0, 0), 1);
  EXPECT_EQ(machine.output(machine.stage("diagonal").fl({x, machine.identity(2)}, RoundTo::accumulator))(0, 0),
            1 + 0x1p-20);
  EXPECT_EQ(machine.trace().stages.size(), 2U);  // the same name is the same stage
  EXPECT_THROW(machine.start({{"merge", &fp16}}), std::logic_error);
}

}  // namespace tristab::machine_costs_test
