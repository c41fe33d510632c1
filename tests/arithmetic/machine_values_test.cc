// Values are immutable, and the Machine's exact operations do what plain loops on matrices do.
#include "tristab/arithmetic/machine.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "support/bits.h"
#include "support/machines.h"
#include "tristab/base/json.h"

namespace tristab::machine_values_test {

constexpr int kN = 8;

// Both emulated engines and the exact one hold whole numbers exactly.
template <class Body>
void for_each_engine(const Body& body) {
  for (int which = 0; which < 3; ++which) {
    SCOPED_TRACE(which == 0 ? "float engine" : (which == 1 ? "double engine" : "exact engine"));
    TestMachine machine(
        "fp32", Json::object(),
        which == 0 ? make_float_engine() : (which == 1 ? make_double_engine() : make_exact_engine(200)));
    body(*machine);
  }
}

TEST(MachineValues, operations_leave_their_operands_as_they_were) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 3, 1);
    const Value x = machine.input(a, kN);
    const Stage stage = machine.stage("stage");
    const Value square = stage.fl({x, x});
    const Value both = stage.fl(x, {x, x});  // x is addend and both factors
    const Value sum = stage.add(x, x), difference = stage.subtract(x, x);
    const Value vector = stage.vector(x, {x, x}, AddendOrder::last);
    const Value negative = machine.negate(x), doubled = machine.twice(x), banded = machine.band(x, 1);
    EXPECT_EQ(machine.output(x), a);
    const Matrix a2 = plain_product(a, a);
    EXPECT_EQ(machine.output(square), a2);
    EXPECT_EQ(machine.output(both), mapped(a, [&](int i, int j, double v) { return v + a2(i, j); }));
    EXPECT_EQ(machine.output(vector), machine.output(both));
    EXPECT_EQ(machine.output(sum), mapped(a, [](int, int, double v) { return 2 * v; }));
    EXPECT_EQ(machine.output(difference), Matrix(kN, kN));
    EXPECT_EQ(machine.output(doubled), machine.output(sum));
    EXPECT_EQ(machine.output(machine.negate(negative)), a);
    EXPECT_EQ(machine.output(banded), mapped(a, [](int i, int j, double v) { return i >= j && i - j <= 1 ? v : 0; }));
  });
}

// The aliasing that once made 2I out of I.
TEST(MachineValues, a_variable_may_be_assigned_its_own_result) {
  for_each_engine([](Machine& machine) {
    const Stage stage = machine.stage("stage");
    const Value identity = machine.identity(3);
    Value x = identity;
    for (int step = 0; step < 4; ++step) x = stage.fl(x, {identity, x});
    EXPECT_EQ(machine.output(x), mapped(Matrix(3, 3), [](int i, int j, double) { return i == j ? 16.0 : 0.0; }));
    EXPECT_EQ(machine.output(identity), mapped(Matrix(3, 3), [](int i, int j, double) { return i == j ? 1.0 : 0.0; }));
  });
}

TEST(MachineValues, a_view_keeps_its_elements_when_everything_else_is_gone) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 9, 2);
    Value view;
    {
      const Value x = machine.input(a, kN);
      view = machine.block(x, 2, 3, 4, 5);
    }
    for (int i = 0; i < 5; ++i) {
      const Value other = machine.identity(kN);  // would take the freed buffer
      EXPECT_EQ(machine.output(view), plain_block(a, 2, 3, 4, 5));
    }
  });
}

TEST(MachineValues, views_of_views_are_blocks_of_blocks) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 9, 3);
    const Value x = machine.input(a, kN);
    const Value outer = machine.block(x, 1, 2, 6, 5), inner = machine.block(outer, 2, 1, 3, 4);
    EXPECT_EQ(machine.output(inner), plain_block(a, 3, 3, 3, 4));
    EXPECT_EQ(machine.output(machine.row(inner, 2)), plain_block(a, 5, 3, 1, 4));
    // Operands with gaps between their rows.
    const Stage stage = machine.stage("stage");
    const Value left = machine.block(x, 0, 1, 3, 4), right = machine.block(x, 4, 2, 4, 5),
                c = machine.block(x, 5, 0, 3, 5);
    const Matrix product = plain_product(plain_block(a, 0, 1, 3, 4), plain_block(a, 4, 2, 4, 5));
    const Matrix addend = plain_block(a, 5, 0, 3, 5);
    EXPECT_EQ(machine.output(stage.fl({left, right})), product);
    EXPECT_EQ(machine.output(stage.fl(c, {left, right})),
              mapped(addend, [&](int i, int j, double v) { return v + product(i, j); }));
    EXPECT_EQ(machine.output(stage.subtract(c, c)), Matrix(3, 5));
    EXPECT_EQ(machine.output(machine.twice(inner)),
              mapped(plain_block(a, 3, 3, 3, 4), [](int, int, double v) { return 2 * v; }));
  });
}

TEST(MachineValues, input_is_padded_with_zeros) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(5, 5, 9, 4);
    { const Value dirty = machine.input(whole_numbers(kN, kN, 9, 5), kN); }  // leaves its numbers in the pool
    const Matrix padded = machine.output(machine.input(a, kN));
    for (int i = 0; i < kN; ++i) {
      for (int j = 0; j < kN; ++j) EXPECT_EQ(padded(i, j), i < 5 && j < 5 ? a(i, j) : 0);
    }
  });
}

TEST(MachineValues, identity_of_a_batch_and_of_a_value) {
  for_each_engine([](Machine& machine) {
    { const Value dirty = machine.input(whole_numbers(kN, kN, 9, 6), kN); }
    const Matrix whole = machine.output(machine.block_diagonal(machine.identity(2, 4, -0.5)));
    EXPECT_EQ(whole, mapped(Matrix(kN, kN), [](int i, int j, double) { return i == j ? -0.5 : 0.0; }));
  });
}

TEST(MachineValues, even_and_odd_blocks_share_the_diagonal) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 9, 7);
    const Value x = machine.input(a, kN);
    for (const int m : {1, 2, 4}) {
      for (const int parity : {0, 1}) {
        const Matrix expected =
            mapped(a, [&](int i, int j, double v) { return i / m == j / m && (i / m) % 2 == parity ? v : 0; });
        EXPECT_EQ(machine.output(parity == 0 ? machine.even(x, m) : machine.odd(x, m)), expected) << m;
      }
    }
    EXPECT_THROW(machine.even(x, 3), std::logic_error);
    EXPECT_THROW(machine.odd(x, kN), std::logic_error);
  });
}

TEST(MachineValues, band_keeps_the_lower_bandwidth) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 9, 8);
    const Value x = machine.input(a, kN);
    for (const int width : {0, 1, 3, 7, 20}) {
      EXPECT_EQ(machine.output(machine.band(x, width)),
                mapped(a, [&](int i, int j, double v) { return i >= j && i - j <= width ? v : 0; }));
    }
  });
}

TEST(MachineValues, diagonal_blocks_and_block_diagonal_are_inverse_to_each_other) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 9, 9);
    const Value x = machine.input(a, kN);
    for (const int b : {1, 2, 4, 8}) {
      const Value blocks = machine.diagonal_blocks(x, b);
      EXPECT_EQ(blocks.batch(), kN / b);
      EXPECT_EQ(machine.output(machine.block_diagonal(blocks)),
                mapped(a, [&](int i, int j, double v) { return i / b == j / b ? v : 0; }));
    }
    EXPECT_THROW(machine.diagonal_blocks(x, 3), std::logic_error);
    EXPECT_THROW(machine.blocks(machine.diagonal_blocks(x, 2), 0, 0, 1, 1), std::logic_error);
  });
}

TEST(MachineValues, a_batch_goes_through_every_operation_block_by_block) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(kN, kN, 3, 10);
    const Value x = machine.input(a, kN), d = machine.diagonal_blocks(x, 2);
    const Value below = machine.blocks(x, 2, 0, 2, 4);  // (2, 0) and (6, 4)
    EXPECT_EQ(below.batch(), 2);
    const Value above = machine.blocks(x, 0, 2, 2, 4);
    EXPECT_EQ(above.batch(), 2);
    const Stage stage = machine.stage("stage");
    const auto block = [&](int row, int column) { return plain_block(a, row, column, 2, 2); };
    const Matrix got = machine.output(machine.block_diagonal(stage.fl(above, {below, above})));
    for (const int s : {0, 1}) {
      const Matrix p = plain_product(block(2 + 4 * s, 4 * s), block(4 * s, 2 + 4 * s)), c = block(4 * s, 2 + 4 * s);
      EXPECT_EQ(plain_block(got, 2 * s, 2 * s, 2, 2), mapped(p, [&](int i, int j, double v) { return v + c(i, j); }));
    }
    const Matrix sum = machine.output(machine.block_diagonal(stage.add(d, machine.negate(machine.band(d, 0)))));
    EXPECT_EQ(sum, mapped(a, [](int i, int j, double v) { return i / 2 == j / 2 && i != j ? v : 0; }));
    // A view into every block of a batch.
    const Value corners = machine.block(d, 1, 0, 1, 2);
    EXPECT_EQ(corners.batch(), 4);
    EXPECT_EQ(machine.output(corners), plain_block(a, 1, 0, 1, 2));
  });
}

TEST(MachineValues, assembled_parts_lie_where_they_were_placed) {
  for_each_engine([](Machine& machine) {
    { const Value dirty = machine.input(whole_numbers(kN, kN, 9, 11), kN); }
    const Matrix a = whole_numbers(kN, kN, 9, 12);
    const Value x = machine.input(a, kN);
    const Machine::Placed parts[] = {{0, 0, machine.block(x, 0, 0, 3, 2)}, {4, 1, machine.block(x, 5, 2, 1, 4)}};
    const Matrix got = machine.output(machine.assemble(5, 6, parts));
    Matrix expected(5, 6);
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 2; ++j) expected(i, j) = a(i, j);
    }
    for (int j = 0; j < 4; ++j) expected(4, 1 + j) = a(5, 2 + j);
    EXPECT_EQ(got, expected);
    const Machine::Placed too_far[] = {{3, 0, machine.block(x, 0, 0, 3, 2)}};
    EXPECT_THROW(machine.assemble(5, 6, too_far), std::logic_error);
  });
}

TEST(MachineValues, rows_handed_out_stay_as_they_are_while_the_matrix_grows) {
  for_each_engine([](Machine& machine) {
    const Matrix a = whole_numbers(4, 4, 9, 13);
    const Value x = machine.input(a, 4);
    Rows rows(machine, 4, 4, 1);
    EXPECT_THROW(rows.all(), std::logic_error);
    std::vector<Value> tops;
    for (int i = 0; i < 4; ++i) {
      rows.append(machine.row(x, i));
      tops.push_back(rows.top());
    }
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(machine.output(tops[static_cast<std::size_t>(i)]), plain_block(a, 0, 0, i + 1, 4));
    EXPECT_EQ(machine.output(rows.all()), a);
    EXPECT_THROW(rows.append(machine.row(x, 0)), std::logic_error);
    Rows narrow(machine, 2, 3, 1);
    EXPECT_THROW(narrow.append(machine.row(x, 0)), std::logic_error);
    EXPECT_THROW(narrow.append(machine.block(x, 0, 0, 2, 3)), std::logic_error);
  });
}

TEST(MachineValues, shapes_that_do_not_fit_are_refused) {
  for_each_engine([](Machine& machine) {
    const Value x = machine.input(whole_numbers(4, 4, 9, 14), 4);
    const Stage stage = machine.stage("stage");
    const Value wide = machine.block(x, 0, 0, 2, 4), blocks = machine.diagonal_blocks(x, 2);
    EXPECT_THROW(stage.fl({wide, wide}), std::logic_error);
    EXPECT_THROW(stage.fl(x, {wide, x}), std::logic_error);
    EXPECT_THROW(stage.add(x, wide), std::logic_error);
    EXPECT_THROW(stage.fl({blocks, machine.block(x, 0, 0, 2, 2)}), std::logic_error);
    EXPECT_THROW(machine.block(x, 1, 1, 4, 1), std::logic_error);
    EXPECT_THROW(machine.block(x, -1, 0, 1, 1), std::logic_error);
    EXPECT_THROW(machine.block(x, 0, 0, 0, 1), std::logic_error);
  });
}

// c + P Q + R S is one chain with one rounding at its end.
TEST(MachineValues, products_of_one_call_form_one_accumulation_chain) {
  TestMachine machine("fp16");
  Matrix a(2, 2);
  a(0, 0) = 1;
  a(1, 1) = 0x1p-6;
  const Value x = machine->input(a, 2);
  const Stage stage = machine->stage("stage");
  // 1 x 1: 1 + 2^-12 + 2^-12 + 2^-12 in fp32, then 1 + 3 x 2^-12 rounds up to 1 + 2^-10; one by one it
  // stays 1.
  const Value one = machine->block(x, 0, 0, 1, 1), small = machine->block(x, 1, 1, 1, 1);
  const Factors chain[] = {{one, one}, {small, small}, {small, small}, {small, small}};
  EXPECT_EQ(machine->output(stage.fl_chain(chain))(0, 0), 1 + 0x1p-10);
  EXPECT_EQ(machine->output(stage.fl_chain(chain, RoundTo::accumulator))(0, 0), 1 + 3 * 0x1p-12);
  EXPECT_EQ(machine->output(stage.fl(stage.fl(stage.fl(one, {small, small}), {small, small}), {small, small}))(0, 0),
            1);
  EXPECT_EQ(machine->output(stage.fl_chain(std::span(chain).subspan(1)))(0, 0), 3 * 0x1p-12);
  EXPECT_EQ(machine->output(stage.stored(stage.fl_chain(chain, RoundTo::accumulator)))(0, 0), 1 + 0x1p-10);
}

// A kept result is untouched as an addend and rounded on entering a product.
TEST(MachineValues, a_kept_result_is_rounded_only_on_entering_a_product) {
  TestMachine machine("fp16");
  Matrix a(2, 2);
  a(0, 0) = 1;
  a(1, 1) = 0x1p-6;
  const Value x = machine->input(a, 2);
  const Stage stage = machine->stage("stage");
  const Value one = machine->block(x, 0, 0, 1, 1), small = machine->block(x, 1, 1, 1, 1);
  const Value kept = stage.fl(one, {small, small}, RoundTo::accumulator);  // 1 + 2^-12 in fp32
  EXPECT_EQ(machine->output(kept)(0, 0), 1 + 0x1p-12);
  EXPECT_EQ(machine->output(stage.fl({kept, one}, RoundTo::accumulator))(0, 0), 1);
  EXPECT_EQ(machine->output(stage.fl(kept, {small, small}, RoundTo::accumulator))(0, 0), 1 + 0x1p-11);
  EXPECT_EQ(machine->output(stage.fl(kept, {small, small}, RoundTo::accumulator))(0, 0), 1 + 0x1p-11);
  EXPECT_EQ(machine->output(stage.fl(kept, {small, small}, RoundTo::storage))(0, 0), 1);
  EXPECT_EQ(machine->output(kept)(0, 0), 1 + 0x1p-12);
}

// 1 + 2^-11 + 2^-11, every operation rounded to fp16: the addend first loses both, the addend last keeps
// their sum.
TEST(MachineValues, the_vector_unit_rounds_every_operation_in_the_addends_order) {
  TestMachine machine("fp16");
  Matrix a(2, 2);
  a(0, 0) = a(0, 1) = 1;
  a(1, 0) = a(1, 1) = 0x1p-11;
  const Value x = machine->input(a, 2);
  const Stage stage = machine->stage("stage");
  const Value ones = machine->row(x, 0), smalls = machine->block(x, 1, 0, 1, 1), one = machine->block(x, 0, 0, 1, 1);
  const Machine::Placed stacked[] = {{0, 0, smalls}, {1, 0, smalls}};
  const Value column = machine->assemble(2, 1, stacked);
  EXPECT_EQ(machine->output(stage.vector(one, {ones, column}, AddendOrder::first))(0, 0), 1);
  EXPECT_EQ(machine->output(stage.vector(one, {ones, column}, AddendOrder::last))(0, 0), 1 + 0x1p-10);
  EXPECT_EQ(machine->output(stage.fl(one, {ones, column}))(0, 0),
            1 + 0x1p-10);  // the matrix unit sums in fp32
}

}  // namespace tristab::machine_values_test
