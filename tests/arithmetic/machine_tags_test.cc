// What a Value says of itself (finite or not, the grid that holds its elements) survives every exact
// operation: a lost tag would leave out a rounding or skip an infinity times zero.
#include <gtest/gtest.h>

#include <cmath>

#include "support/bits.h"
#include "support/machines.h"
#include "tristab/arithmetic/machine.h"

namespace tristab::machine_tags_test {

// Every exact operation applied to x (4 x 4), assembled to 4 x 4 again; all keep the first diagonal element.
std::vector<std::pair<const char*, Value>> derived(Machine& machine, const Value& x) {
  std::vector<std::pair<const char*, Value>> values{{"itself", x}};
  values.emplace_back("negate", machine.negate(x));
  values.emplace_back("twice", machine.twice(x));
  values.emplace_back("band", machine.band(x, 2));
  values.emplace_back("even", machine.even(x, 1));
  values.emplace_back("blocks", machine.block_diagonal(machine.diagonal_blocks(x, 2)));
  const Machine::Placed parts[] = {{0, 0, x}, {0, 0, machine.identity(1)}};
  values.emplace_back("assemble", machine.assemble(4, 4, {parts, 1}));
  const Machine::Placed last[] = {
      {3, 3, machine.identity(1)}, {0, 0, machine.block(x, 0, 0, 3, 3)}, {3, 0, machine.identity(1)}};
  values.emplace_back("assemble beside an identity", machine.assemble(4, 4, last));
  const Machine::Placed before[] = {{0, 0, machine.block(x, 0, 0, 3, 3)}, {3, 3, machine.identity(1)}};
  values.emplace_back("assemble before an identity", machine.assemble(4, 4, before));
  Rows rows(machine, 4, 4, 1);
  for (int i = 0; i < 3; ++i) rows.append(machine.row(x, i));
  rows.append(machine.row(machine.identity(4), 3));
  values.emplace_back("rows", rows.all());
  return values;
}

TEST(MachineTags, an_infinite_value_stays_known_as_such) {
  TestMachine machine("fp16");
  Matrix a(4, 4);
  a(0, 0) = 300;
  for (int i = 1; i < 4; ++i) a(i, i) = 1;
  const Value x = machine->input(a, 4), zero = machine->input(Matrix(4, 4), 4);
  const Stage stage = machine->stage("stage");
  const Value y = stage.fl({x, x});
  for (const auto& [name, value] : derived(*machine, y)) {
    EXPECT_FALSE(value.finite()) << name;
    EXPECT_TRUE(std::isnan(machine->output(stage.fl({value, zero}))(0, 0))) << name << ": inf x 0 was skipped";
    EXPECT_TRUE(std::isnan(machine->output(stage.fl({zero, value}))(0, 0))) << name << ": 0 x inf was skipped";
    EXPECT_TRUE(std::isinf(machine->output(stage.fl(value, {zero, zero}))(0, 0))) << name;
  }
  EXPECT_EQ(machine->trace().total().overflows_live, 1);  // the first; the rest is inherited
}

TEST(MachineTags, too_precise_operands_are_rounded_after_any_exact_operation) {
  TestMachine machine("fp16");
  Matrix a(4, 4);
  for (int i = 0; i < 4; ++i) a(i, i) = 1 + 0x1p-10;
  const Value x = machine->input(a, 4), identity = machine->identity(4);
  const Stage stage = machine->stage("stage");
  const Value kept = stage.fl({x, x}, RoundTo::accumulator);  // 1 + 2^-9 + 2^-20 does not fit fp16
  for (const auto& [name, value] : derived(*machine, kept)) {
    const double before = machine->output(value)(0, 0), factor = before / (1 + 0x1p-9 + 0x1p-20);
    EXPECT_EQ(std::fabs(factor), std::string(name) == "twice" ? 2 : 1) << name;
    EXPECT_EQ(machine->output(stage.fl({value, identity}, RoundTo::accumulator))(0, 0), factor * (1 + 0x1p-9)) << name;
    EXPECT_EQ(machine->output(stage.fl({identity, value}, RoundTo::accumulator))(0, 0), factor * (1 + 0x1p-9)) << name;
    EXPECT_EQ(machine->output(stage.fl(value, {identity, identity}, RoundTo::accumulator))(0, 0), before + 1) << name;
    EXPECT_EQ(machine->output(stage.add(value, value))(0, 0), 2 * factor * (1 + 0x1p-9)) << name;
  }
}

TEST(MachineTags, an_addend_too_precise_for_the_accumulator_is_rounded) {
  const Arithmetic fp32 = arithmetic_of("fp32"), pure = arithmetic_of("fp16-pure");
  Machine machine(make_float_engine());
  machine.start({{"*", &fp32}, {"narrow", &pure}});
  Matrix a(1, 1);
  a(0, 0) = 1 + 0x1.8p-11;  // between 1 and 1 + 2^-10, nearer to the latter
  const Value x = machine.input(a, 1), zero = machine.input(Matrix(1, 1), 1);
  EXPECT_EQ(machine.output(machine.stage("narrow").fl(x, {zero, zero}, RoundTo::accumulator))(0, 0), 1 + 0x1p-10);
  EXPECT_EQ(machine.output(machine.stage("wide").fl(x, {zero, zero}, RoundTo::accumulator))(0, 0), 1 + 0x1.8p-11);
}

// Zeros may be skipped only where that changes no sign: c = -0 plus a +0 product is +0, and rounding down 0
// plus a -0 product is -0.
TEST(MachineTags, signs_of_zero_survive_skipping) {
  TestMachine nearest("fp16");
  Matrix a(1, 1);
  a(0, 0) = 1;
  {
    const Value one = nearest->input(a, 1), zero = nearest->input(Matrix(1, 1), 1);
    const Stage stage = nearest->stage("stage");
    EXPECT_PRED_FORMAT2(bits_equal, nearest->output(stage.fl(nearest->negate(zero), {one, zero}))(0, 0), 0.0);
    EXPECT_PRED_FORMAT2(bits_equal,
                        nearest->output(stage.fl(nearest->negate(zero), {nearest->negate(one), zero}))(0, 0), -0.0);
    EXPECT_PRED_FORMAT2(bits_equal, nearest->output(stage.fl(nearest->negate(zero), {zero, one}))(0, 0), 0.0);
    EXPECT_PRED_FORMAT2(bits_equal, nearest->output(stage.fl({nearest->negate(one), zero}))(0, 0), 0.0);
  }
  TestMachine down("fp16", {{"rounding", "down"}, {"accumulator_rounding", "down"}});
  const Value one = down->input(a, 1), zero = down->input(Matrix(1, 1), 1);
  const Stage stage = down->stage("stage");
  EXPECT_PRED_FORMAT2(bits_equal, down->output(stage.fl({down->negate(one), zero}))(0, 0), -0.0);
  EXPECT_PRED_FORMAT2(bits_equal, down->output(stage.fl({zero, down->negate(one)}))(0, 0), -0.0);
  EXPECT_PRED_FORMAT2(bits_equal, down->output(stage.fl({one, zero}))(0, 0), 0.0);
  EXPECT_PRED_FORMAT2(bits_equal, down->output(stage.subtract(one, one))(0, 0), -0.0);
}

}  // namespace tristab::machine_tags_test
