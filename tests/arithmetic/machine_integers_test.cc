// Integer arithmetics on the Machine: a tensor's scale stays with its views, and the main diagonal stays
// outside the quantiser wherever a view or a product moves it. Scales are 1 (the largest quantised element is
// qmax), so whole numbers are exact and plain loops give the truth.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/bits.h"
#include "support/machines.h"
#include "tristab/arithmetic/machine.h"
#include "tristab/base/json.h"

namespace tristab::machine_integers_test {

constexpr int kN = 8;
constexpr double kDiagonal = 200.5;  // no multiple of the scale and beyond the codes

// Whole numbers -3 .. 3 off the diagonal but for one 127 in the corner, kDiagonal on it.
Matrix coded_matrix(std::uint64_t seed) {
  Matrix a = whole_numbers(kN, kN, 3, seed);
  for (int i = 0; i < kN; ++i) a(i, i) = kDiagonal;
  a(kN - 1, 0) = 127;
  return a;
}

TEST(MachineIntegers, views_keep_the_scale_of_their_tensor) {
  TestMachine machine("int8");
  const Matrix a = coded_matrix(1);
  const Value x = machine->input(a, kN);
  EXPECT_EQ(machine->output(x), a);
  const Stage stage = machine->stage("stage");
  const Value left = machine->block(x, 0, 4, 3, 4), right = machine->block(x, 0, 5, 4, 3);  // no 127 in them
  const Matrix truth = plain_product(plain_block(a, 0, 4, 3, 4), plain_block(a, 0, 5, 4, 3));
  EXPECT_EQ(machine->output(stage.fl({left, right}, RoundTo::accumulator)), truth);
  EXPECT_EQ(machine->output(stage.fl({machine->negate(left), right}, RoundTo::accumulator)),
            mapped(truth, [](int, int, double v) { return -v; }));
  EXPECT_EQ(machine->output(stage.fl({machine->twice(left), right}, RoundTo::accumulator)),
            mapped(truth, [](int, int, double v) { return 2 * v; }));
  // Doubled, the corner is 254 = 127 x 2: the scale doubles too.
  EXPECT_EQ(machine->output(stage.fl({machine->identity(kN), machine->twice(x)}, RoundTo::accumulator)),
            mapped(a, [](int, int, double v) { return 2 * v; }));
}

TEST(MachineIntegers, selections_and_blocks_keep_the_scale_of_their_tensor) {
  TestMachine machine("int8");
  const Matrix a = coded_matrix(2);
  const Value x = machine->input(a, kN), identity = machine->identity(kN);
  const Stage stage = machine->stage("stage");
  const Value banded = machine->band(x, 2), even = machine->even(x, 2), odd = machine->odd(x, 2);
  const Value whole = machine->block_diagonal(machine->diagonal_blocks(x, 4));
  for (const Value& value : {banded, even, odd, whole}) {
    EXPECT_EQ(machine->output(stage.fl({value, identity}, RoundTo::accumulator)), machine->output(value));
  }
}

TEST(MachineIntegers, the_main_diagonal_stays_outside_in_every_view) {
  TestMachine machine("int8");
  const Matrix a = coded_matrix(3);
  const Value x = machine->input(a, kN);
  const Stage stage = machine->stage("stage");
  for (const auto& [row, column, rows, columns] :
       {std::tuple{2, 0, 3, 8}, std::tuple{0, 3, 8, 4}, std::tuple{3, 2, 4, 5}, std::tuple{5, 5, 2, 2}}) {
    const Value view = machine->block(x, row, column, rows, columns);
    const Matrix block = plain_block(a, row, column, rows, columns);
    const Value below = machine->block(x, 0, 2, columns, 3);
    EXPECT_EQ(machine->output(stage.fl({view, below}, RoundTo::accumulator)),
              plain_product(block, plain_block(a, 0, 2, columns, 3)));
    const Value above = machine->block(x, 4, 0, 3, rows);
    EXPECT_EQ(machine->output(stage.fl({above, view}, RoundTo::accumulator)),
              plain_product(plain_block(a, 4, 0, 3, rows), block));
  }
  const Value blocks = machine->blocks(x, 2, 1, 2, 4);  // (2, 1) and (6, 5): their diagonal lies at offset 1
  const Matrix squares = machine->output(machine->block_diagonal(stage.fl({blocks, blocks}, RoundTo::accumulator)));
  for (const int s : {0, 1}) {
    const Matrix block = plain_block(a, 2 + 4 * s, 1 + 4 * s, 2, 2);
    EXPECT_EQ(plain_block(squares, 2 * s, 2 * s, 2, 2), plain_product(block, block));
  }
}

// fl: results become codes, s = amax / 127 over all but the main diagonal, which stays as it came out of the
// sum.
void expect_requantised(const Matrix& got, const Matrix& sum, int diagonal, bool outside) {
  float amax = 0;
  for (int i = 0; i < sum.rows(); ++i) {
    for (int j = 0; j < sum.columns(); ++j) {
      if (!outside || j != i + diagonal) amax = std::max(amax, static_cast<float>(std::fabs(sum(i, j))));
    }
  }
  const float scale = amax / 127.0F;
  const Matrix expected = mapped(sum, [&](int i, int j, double v) {
    if (outside && j == i + diagonal) return v;
    return static_cast<double>(scale * static_cast<float>(std::nearbyint(v / static_cast<double>(scale))));
  });
  EXPECT_EQ(got, expected);
}

TEST(MachineIntegers, results_become_codes_with_the_diagonal_where_products_put_it) {
  TestMachine machine("int8");
  const Matrix a = coded_matrix(4);
  const Value x = machine->input(a, kN);
  const Stage stage = machine->stage("stage");
  expect_requantised(machine->output(stage.fl({x, x})), plain_product(a, a), 0, true);
  // Rows 2 .. 4 of X X: element (i, i + 2) lies on the main diagonal; columns 3 .. 6: (i, i - 3).
  const Value rows = machine->block(x, 2, 0, 3, kN), columns = machine->block(x, 0, 3, kN, 4);
  expect_requantised(machine->output(stage.fl({rows, x})), plain_product(plain_block(a, 2, 0, 3, kN), a), 2, true);
  expect_requantised(machine->output(stage.fl({x, columns})), plain_product(a, plain_block(a, 0, 3, kN, 4)), -3, true);
  expect_requantised(machine->output(stage.fl({rows, columns})),
                     plain_product(plain_block(a, 2, 0, 3, kN), plain_block(a, 0, 3, kN, 4)), -1, true);
  const Matrix sum = machine->output(stage.add(rows, rows));
  expect_requantised(sum, mapped(plain_block(a, 2, 0, 3, kN), [](int, int, double v) { return 2 * v; }), 2, true);
}

TEST(MachineIntegers, with_the_identity_inside_everything_is_quantised) {
  TestMachine machine("int8", {{"identity", "inside"}});
  const Matrix a = whole_numbers(kN, kN, 5, 5);
  Matrix b = a;
  b(3, 4) = 127;
  const Value x = machine->input(b, kN);
  EXPECT_EQ(machine->output(x), b);
  const Stage stage = machine->stage("stage");
  expect_requantised(machine->output(stage.fl({x, x})), plain_product(b, b), 0, false);
  expect_requantised(machine->output(stage.fl(machine->identity(kN), {x, x})),
                     mapped(plain_product(b, b), [](int i, int j, double v) { return v + (i == j ? 1 : 0); }), 0,
                     false);
}

// With row scales a product's result stays in fp32 and is quantised on entering the next product.
TEST(MachineIntegers, with_row_scales_results_stay_in_fp32) {
  TestMachine machine("int8", {{"scale", "row"}});
  Matrix a = whole_numbers(kN, kN, 100, 6);
  for (int i = 0; i < kN; ++i) {
    a(i, (i + 1) % kN) = 127;  // scale 1 in every row and column
    a(i, i) = kDiagonal;
  }
  const Value x = machine->input(a, kN);
  const Stage stage = machine->stage("stage");
  EXPECT_EQ(machine->output(stage.fl({x, x})), plain_product(a, a));
  // One row a hundred times as large does not touch the others.
  Matrix b = a;
  for (int j = 0; j < kN; ++j) b(2, j) *= 128;
  EXPECT_EQ(machine->output(stage.fl({machine->input(b, kN), x})), plain_product(b, a));
}

// The vector unit quantises its operands and its results by rows.
TEST(MachineIntegers, with_row_scales_vector_results_are_quantised_row_by_row) {
  TestMachine machine("int8", {{"scale", "row"}});
  Matrix a = whole_numbers(kN, kN, 100, 7);
  for (int i = 0; i < kN; ++i) {
    a(i, (i + 1) % kN) = 127;
    a(i, i) = kDiagonal;
  }
  const Matrix b = mapped(a, [](int i, int j, double v) { return i == j ? v : (v == 127 ? 127 : -v); });
  const Value x = machine->input(a, kN), y = machine->input(b, kN);
  const Matrix got =
      machine->output(machine->stage("stage").add(machine->block(x, 2, 0, 4, kN), machine->block(y, 2, 0, 4, kN)));
  const Matrix sum = mapped(plain_block(a, 2, 0, 4, kN), [&](int i, int j, double v) { return v + b(i + 2, j); });
  for (int i = 0; i < 4; ++i) {
    expect_requantised(plain_block(got, i, 0, 1, kN), plain_block(sum, i, 0, 1, kN), i + 2, true);
  }
}

TEST(MachineIntegers, all_zero_tensors_stay_zero) {
  for (const char* scale : {"tensor", "row", "block"}) {
    TestMachine machine("int8", {{"scale", scale}});
    const Value zero = machine->input(Matrix(kN, kN), kN);
    const Value x = machine->stage("stage").fl(machine->identity(kN), {zero, zero});
    EXPECT_EQ(machine->output(x), machine->output(machine->identity(kN)));
  }
}

const StageTrace* find_stage(const Machine& machine, std::string_view name) {
  for (const StageTrace& stage : machine.trace().stages) {
    if (stage.name == name) return &stage;
  }
  return nullptr;
}

// With block scales a product's result stays in fp32; one block a hundred times as large does not touch the others.
TEST(MachineIntegers, with_block_scales_results_stay_in_fp32) {
  TestMachine machine("int8", {{"scale", "block"}, {"block_size", 4}});
  Matrix a = whole_numbers(kN, kN, 100, 8);
  for (int i = 0; i < kN; ++i) {
    a(i, i) = kDiagonal;
    for (const int begin : {0, 4}) {  // scale 1 in every block of four along rows and columns
      a(i, begin + (i + 1) % 4) = 127;
      a(begin + (i + 3) % 4, i) = 127;
    }
  }
  const Value x = machine->input(a, kN);
  const Stage stage = machine->stage("stage");
  EXPECT_EQ(machine->output(stage.fl({x, x})), plain_product(a, a));
  Matrix b = a;
  for (int j = 0; j < 4; ++j) b(2, j) *= 128;
  b(2, 2) = kDiagonal;
  EXPECT_EQ(machine->output(stage.fl({machine->input(b, kN), x})), plain_product(b, a));
}

// The vector unit of block scales quantises its operands and its results by pieces of rows.
TEST(MachineIntegers, block_scales_quantise_vector_results_by_pieces_of_rows) {
  TestMachine machine("int8", {{"scale", "block"}, {"block_size", 4}, {"identity", "inside"}});
  Matrix a = whole_numbers(kN, kN, 100, 9);
  for (int i = 0; i < kN; ++i) a(i, 0) = a(i, 7) = 127;
  const Value x = machine->input(a, kN);
  const Matrix got = machine->output(machine->stage("stage").add(x, x));
  for (int i = 0; i < kN; ++i) {
    for (const int begin : {0, 4}) {
      expect_requantised(plain_block(got, i, begin, 1, 4),
                         mapped(plain_block(a, i, begin, 1, 4), [](int, int, double v) { return 2 * v; }), 0, false);
    }
  }
}

// A calibrated scale clamps what lies beyond, where the input is quantised as where results are.
TEST(MachineIntegers, static_scales_saturate_and_are_counted) {
  TestMachine machine("int8", {{"scale_rule", "static"}, {"static_amax", 127}, {"identity", "inside"}});
  Matrix a(2, 2);
  a(0, 0) = 100;
  a(0, 1) = 200;
  a(1, 0) = -300;
  a(1, 1) = 1;
  const Value x = machine->input(a, 2);
  const Matrix coded = mapped(a, [](int, int, double v) { return std::clamp(v, -127.0, 127.0); });
  EXPECT_EQ(machine->output(x), coded);
  const Stage stage = machine->stage("stage");
  const Value square = stage.fl({x, x});
  const Matrix sum = plain_product(coded, coded);
  EXPECT_EQ(machine->output(square), mapped(sum, [](int, int, double v) { return std::clamp(v, -127.0, 127.0); }));
  ASSERT_NE(find_stage(*machine, "input"), nullptr);
  EXPECT_EQ(find_stage(*machine, "input")->saturations, 2);
  EXPECT_EQ(find_stage(*machine, "stage")->saturations, 4);  // all four sums lie beyond 127
  EXPECT_EQ(machine->trace().total().saturations, 6);
  EXPECT_TRUE(machine->trace().first_overflow.stage.empty());
}

TEST(MachineIntegers, amax_scales_never_saturate) {
  for (const char* name : {"int4", "int8", "int16"}) {
    for (const char* scale : {"tensor", "row", "block"}) {
      for (const char* rule : {"amax", "power-of-two"}) {
        TestMachine machine(name, {{"scale", scale}, {"scale_rule", rule}});
        const Value x = machine->input(random_matrix(kN, fp32_format(), -9, 3, 10), kN);
        const Stage stage = machine->stage("stage");
        static_cast<void>(stage.add(stage.fl(machine->identity(kN), {x, machine->twice(x)}), x));
        EXPECT_EQ(machine->trace().total().saturations, 0) << name << scale << rule;
      }
    }
  }
}

// Under the amax rule a single element is its own scale; under the others it is quantised like any row.
TEST(MachineIntegers, rows_of_one_element_are_quantised_by_the_rule) {
  const std::pair<Json, double> cases[] = {{{{"scale_rule", "static"}, {"static_amax", 127}}, 2 * 5.0},
                                           {{{"scale_rule", "power-of-two"}}, 2 * 5.3125},
                                           {Json::object(), 2 * 5.3}};
  for (const auto& [given, expected] : cases) {
    Json parameters = given;
    parameters["scale"] = "row";
    parameters["identity"] = "inside";
    TestMachine machine("int8", parameters);
    Matrix a(2, 2);
    a(0, 0) = a(1, 0) = 5.3;  // power of two: s = 2^-4, 84.8 -> 85
    const Value column = machine->block(machine->input(a, 2), 0, 0, 2, 1);
    const double got = machine->output(machine->stage("stage").add(column, column))(0, 0);
    EXPECT_NEAR(got, expected, 1e-5) << parameters.dump();
  }
}

// One stage calibrated on other data than the next: each takes its own scale.
TEST(MachineIntegers, every_stage_has_its_own_calibration) {
  const Arithmetic fine = arithmetic_of("int8", {{"scale_rule", "static"}, {"static_amax", 12.7}});
  const Arithmetic coarse = arithmetic_of("int8", {{"scale_rule", "static"}, {"static_amax", 1270}});
  Machine machine(make_float_engine());
  machine.start({{"*", &fine}, {"coarse", &coarse}});
  Matrix a(2, 2);
  a(1, 0) = 12.345;
  const Value x = machine.input(a, 2);
  const double input_scale = static_cast<double>(12.7F / 127.0F), coarse_scale = static_cast<double>(1270.0F / 127.0F);
  EXPECT_EQ(machine.output(x)(1, 0), static_cast<double>(static_cast<float>(123 * input_scale)));
  EXPECT_EQ(machine.output(machine.stage("coarse").stored(x))(1, 0), coarse_scale);  // 12.3 / 10 -> 1
  EXPECT_EQ(machine.output(machine.stage("other").stored(x))(1, 0), machine.output(x)(1, 0));
}

// int16 in an int32 accumulator overflows at k = 3: reported with its stage, live and dead apart, and wrapped.
TEST(MachineIntegers, int32_sums_of_16_bit_codes_overflow_and_are_reported) {
  const int n = 4;
  Matrix ones(n, n);
  for (double& v : ones.values()) v = 1;
  for (const char* accumulate : {"int32", "int64"}) {
    TestMachine machine("int16", {{"accumulate", accumulate}, {"identity", "inside"}});
    const Value x = machine->input(ones, n);
    const Stage stage = machine->stage("squares").live({2});
    const Matrix got = machine->output(stage.fl({x, x}, RoundTo::accumulator));
    const StageTrace& trace = *find_stage(*machine, "squares");
    if (std::string_view(accumulate) == "int64") {
      EXPECT_NEAR(got(0, 0), 4, 1e-6);
      EXPECT_EQ(trace.overflows_live + trace.overflows_dead, 0);
      continue;
    }
    const auto wrapped = static_cast<std::int32_t>(4LL * 32767 * 32767);
    EXPECT_NEAR(got(0, 0), wrapped / (32767.0 * 32767.0), 1e-6);
    EXPECT_EQ(trace.overflows_live, 8);
    EXPECT_EQ(trace.overflows_dead, 8);
    EXPECT_EQ(machine->trace().first_overflow.stage, "squares");
    EXPECT_TRUE(machine->trace().first_overflow.live);
  }
}

}  // namespace tristab::machine_integers_test
