// The engines against each other and against the truth: float and double carriers share no kernel
// instantiation and give the same bits; the exact engine rounds nothing and says so.
#include "tristab/arithmetic/engine.h"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <memory>

#include "support/bits.h"
#include "support/machines.h"
#include "tristab/arithmetic/machine.h"
#include "tristab/base/json.h"

namespace tristab::engines_test {

// A bit of everything that methods do, on a strictly lower triangular A.
Matrix everything(Machine& machine, const Matrix& a) {
  const int n = a.rows();
  const Value x = machine.input(a, n), minus = machine.negate(x), identity = machine.identity(n);
  const Stage stage = machine.stage("stage");
  const Value y = stage.fl(identity, {machine.odd(stage.add(identity, minus), 1), minus});
  const Value z = stage.fl(y, {stage.subtract(y, machine.twice(x)), y}, RoundTo::accumulator);
  const Value d = machine.diagonal_blocks(z, n / 2);
  const Value e = machine.block_diagonal(stage.fl(machine.identity(n / 2, 2), {d, machine.band(d, 3)}));
  Rows rows(machine, n, n, 1);
  rows.append(machine.row(identity, 0));
  for (int i = 1; i < n; ++i) {
    rows.append(stage.vector(machine.row(identity, i), {machine.block(minus, i, 0, 1, i), rows.top()},
                             i % 2 == 0 ? AddendOrder::first : AddendOrder::last));
  }
  const Factors chain[] = {{z, identity}, {e, z}, {rows.all(), y}};
  return machine.output(stage.fl_chain(chain, RoundTo::accumulator));
}

Matrix strictly_lower(int n, double largest, std::uint64_t seed) {
  Samples samples(seed);
  Matrix a(n, n);
  const Format fp16 = format_of("e4m6", "test");
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) a(i, j) = samples.chance(4) ? 0.0 : largest * samples.value(fp16, -6, 0);
  }
  return a;
}

TEST(Engines, float_and_double_carriers_give_the_same_bits) {
  const std::pair<const char*, Json> arithmetics[] = {
      {"fp16", Json::object()},
      {"bf16", Json::object()},
      {"fp32", Json::object()},
      {"tf32", Json::object()},
      {"e5m7", Json::object()},
      {"fp16-pure", Json::object()},
      {"bf16-pure", Json::object()},
      {"tf32-pure", Json::object()},
      {"fp32-pure", {{"fma", true}}},
      {"fp16", {{"fma", true}}},
      {"bf16-pure", {{"fma", true}}},
      {"fp16", {{"rounding", "toward-zero"}, {"accumulator_rounding", "toward-zero"}}},
      {"bf16", {{"rounding", "nearest-away"}}},
      {"fp16-pure", {{"rounding", "up"}}},
      {"fp16-pure", {{"rounding", "down"}}},
      {"fp16", {{"accumulate", "bf16"}}},
      {"fp16", {{"accumulate", "e8m12"}, {"accumulator_rounding", "to-odd"}}},
      {"int8", Json::object()},
      {"int16", Json::object()},
      {"int8", {{"scale", "row"}, {"identity", "inside"}}},
      {"int16", {{"scale", "row"}}},
      {"int8", {{"scale_rule", "power-of-two"}, {"identity", "inside"}}},
  };
  for (const auto& [name, parameters] : arithmetics) {
    SCOPED_TRACE(std::string(name) + parameters.dump());
    TestMachine narrow(name, parameters, make_float_engine()), wide(name, parameters, make_double_engine());
    // Small, of moderate size, overflowing in fp16, with subnormals.
    for (const double largest : {0.5, 4.0, 512.0, 0x1p-10}) {
      for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        narrow.restart();
        wide.restart();
        const Matrix a = strictly_lower(12, largest, seed);
        const Matrix x = everything(*narrow, a), y = everything(*wide, a);
        for (std::size_t i = 0; i < x.values().size(); ++i) {
          ASSERT_PRED_FORMAT2(bits_equal, x.values()[i], y.values()[i]) << "largest " << largest << ", seed " << seed;
        }
        const StageTrace a_total = narrow->trace().total(), b_total = wide->trace().total();
        EXPECT_EQ(a_total.overflows_live, b_total.overflows_live);
        EXPECT_EQ(a_total.underflows, b_total.underflows);
        EXPECT_EQ(a_total.largest_live, b_total.largest_live);
        EXPECT_EQ(narrow->trace().workspace_bytes, wide->trace().workspace_bytes);
      }
    }
    EXPECT_FALSE(narrow->engine().exact_so_far());  // emulated engines never say so
  }
}

TEST(ExactEngine, is_exact_as_long_as_the_precision_holds_everything) {
  TestMachine machine("fp16", Json::object(), make_exact_engine(110));
  Matrix a(2, 2);
  a(1, 0) = 0x1.001p-3;
  a(0, 0) = 0x1.001p0;  // 13 bits: squares have 25, fourth powers 49, eighth powers 97, sixteenth 193
  const Value x = machine->input(a, 2);
  const Stage stage = machine->stage("stage");
  const Value x2 = stage.fl({x, x}), x4 = stage.fl({x2, x2}), x8 = stage.fl({x4, x4});
  EXPECT_TRUE(machine->engine().exact_so_far());
  machine->output(x8);
  EXPECT_TRUE(machine->engine().exact_so_far()) << "leaving for double is no operation of the method";
  const Value x16 = stage.fl({x8, x8});
  EXPECT_FALSE(machine->engine().exact_so_far());
  machine.restart();
  EXPECT_TRUE(machine->engine().exact_so_far()) << "a new case starts exact";
}

// Conversions to double for statistics and output round here, but belong to no operation; a rounding that
// happened before them is not forgotten.
TEST(ExactEngine, remembers_a_rounding_through_later_conversions) {
  TestMachine machine("fp16", Json::object(), make_exact_engine(80));
  Matrix a(1, 1);
  a(0, 0) = 1 + 0x1p-50;
  const Value x = machine->input(a, 1);
  const Stage stage = machine->stage("stage");
  const Value x2 = stage.fl({x, x});  // 101 bits do not fit 80
  EXPECT_FALSE(machine->engine().exact_so_far());
  machine->output(x2);
  stage.add(x, x);
  EXPECT_FALSE(machine->engine().exact_so_far());
}

TEST(ExactEngine, applies_neither_formats_nor_quantisers) {
  for (const char* name : {"fp16", "bf16-pure", "int8"}) {
    TestMachine machine(name, Json::object(), make_exact_engine(300));
    Matrix a(2, 2);
    a(0, 0) = 1 + 0x1p-40;
    a(0, 1) = 0x1p200;
    a(1, 0) = 0x1p-200;
    a(1, 1) = 3;
    const Value x = machine->input(a, 2);
    EXPECT_EQ(machine->output(x), a) << name;
    const Matrix square = machine->output(machine->stage("stage").fl({x, x}));
    EXPECT_EQ(square(0, 0), 2 + 0x1p-39) << name;  // (1 + 2^-40)^2 + 1, its 2^-80 rounded away in leaving
    EXPECT_EQ(square(1, 0), 0x1p-198 + 0x1p-240) << name;
    EXPECT_EQ(square(0, 1), 0x1p202 + 0x1p160) << name;
    EXPECT_TRUE(machine->engine().exact_so_far()) << name;
    EXPECT_EQ(machine->trace().total().overflows_live, 0) << name;
  }
}

TEST(ExactEngine, agrees_with_plain_mpfr_loops) {
  constexpr int n = 6;
  const Matrix a = random_matrix(n, fp64_format(), -20, 20, 71), b = random_matrix(n, fp64_format(), -20, 20, 72);
  TestMachine machine("fp64", Json::object(), make_exact_engine(2000));
  const Value x = machine->input(a, n), y = machine->input(b, n);
  const Matrix got = machine->output(machine->stage("stage").fl(x, {x, y}));
  EXPECT_TRUE(machine->engine().exact_so_far());
  mpfr_t sum, product;
  mpfr_inits2(2000, sum, product, static_cast<mpfr_ptr>(nullptr));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      mpfr_set_d(sum, a(i, j), MPFR_RNDN);
      for (int k = n - 1; k >= 0; --k) {  // descending: exact sums have no order
        mpfr_set_d(product, a(i, k), MPFR_RNDN);
        mpfr_mul_d(product, product, b(k, j), MPFR_RNDN);
        mpfr_add(sum, sum, product, MPFR_RNDN);
      }
      EXPECT_EQ(got(i, j), mpfr_get_d(sum, MPFR_RNDN));
    }
  }
  mpfr_clears(sum, product, static_cast<mpfr_ptr>(nullptr));
}

}  // namespace tristab::engines_test
