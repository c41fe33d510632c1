// Block-scaled arithmetics on the Machine, against the definition by lists and searches; and whole inversions in
// every quantised arithmetic, against back substitution in double.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "support/block_scale_oracle.h"
#include "support/machines.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::machine_block_scaled_test {

ScaledOperand operand_of(const Matrix& a, int diagonal) {
  ScaledOperand operand{a.rows(), a.columns(), diagonal, {}};
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j) operand.elements.push_back(a(i, j));
  }
  return operand;
}

// The product as block_scaled_product_test.cc derives it, in the default accumulation and without an addend.
Matrix long_hand(const Quantiser& quantiser, const Matrix& a, int a_diagonal, const Matrix& b, int b_diagonal) {
  BlockScaleOracle left(quantiser, operand_of(a, a_diagonal), Side::left);
  BlockScaleOracle right(quantiser, operand_of(b, b_diagonal), Side::right);
  const bool is_nvfp4 = quantiser.kind == Quantiser::Kind::nvfp4;
  return mapped(Matrix(a.rows(), b.columns()), [&](int i, int j, double) {
    float sum = 0;
    for (int k = 0; k < a.columns(); ++k)
      sum += static_cast<float>(left.element(i, k)) * static_cast<float>(right.element(k, j));
    if (is_nvfp4) sum *= static_cast<float>(left.tensor_scale()) * static_cast<float>(right.tensor_scale());
    const int k = i + a_diagonal, row = j - b_diagonal;
    const bool has_d = k >= 0 && k < a.columns(), has_e = row >= 0 && row < a.columns();
    const float d = has_d ? static_cast<float>(left.diagonal(i, k)) : 0;
    const float e = has_e ? static_cast<float>(right.diagonal(row, j)) : 0;
    if (d != 0) sum += d * static_cast<float>(right.value(k, j));
    if (e != 0) sum += static_cast<float>(left.value(i, row)) * e;
    if (d != 0 && k == row) sum += d * e;
    return static_cast<double>(sum);
  });
}

constexpr int kN = 40;  // no multiple of 32 or 16

Matrix sample_matrix(std::uint64_t seed) {
  Matrix a = random_matrix(kN, fp32_format(), -9, -2, seed);
  for (int i = 0; i < kN; ++i) a(i, i) = 1;
  return a;
}

const std::pair<const char*, const char*> kElements[] = {{"mxfp8", "e4m3"}, {"mxfp8", "e5m2"}, {"mxfp6", "e2m3"},
                                                         {"mxfp6", "e3m2"}, {"mxfp4", "e2m1"}, {"mxint8", "int8"},
                                                         {"nvfp4", "e2m1"}};

Json parameters_of(const std::string& name, const std::string& element, const char* identity) {
  Json parameters{{"identity", identity}};
  if (name == "mxfp8" || name == "mxfp6") parameters["element"] = element;
  return parameters;
}

TEST(MachineBlockScaled, products_are_those_of_the_definition_in_every_view) {
  for (const auto& [name, element] : kElements) {
    for (const char* identity : {"outside", "inside"}) {
      TestMachine machine(name, parameters_of(name, element, identity));
      Quantiser quantiser = std::string(name) == "nvfp4" ? nvfp4() : microscaling(element);
      quantiser.identity_outside = std::string(identity) == "outside";
      const Matrix a = sample_matrix(11);
      const Value x = machine->input(a, kN);
      EXPECT_EQ(machine->output(x), a) << "A is quantised on entering a product, not before";
      const Stage stage = machine->stage("stage");
      EXPECT_EQ(machine->output(stage.fl({x, x})), long_hand(quantiser, a, 0, a, 0)) << name << element;
      // A view has blocks of its own: they begin where the sum over k begins.
      const Value left = machine->block(x, 3, 5, 7, 35), right = machine->block(x, 2, 30, 35, 4);
      EXPECT_EQ(machine->output(stage.fl({left, right})),
                long_hand(quantiser, plain_block(a, 3, 5, 7, 35), -2, plain_block(a, 2, 30, 35, 4), -28))
          << name << element;
    }
  }
}

// A batch of blocks is one tensor: one scale of NVFP4.
TEST(MachineBlockScaled, blocks_of_a_batch_share_the_tensors_scale) {
  TestMachine machine("nvfp4", {{"identity", "inside"}});
  Matrix a(8, 8);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      a(i, j) = 2688;                 // s = 1
      a(4 + i, 4 + j) = 6 * 0x1p-11;  // s_b rounds to 0
    }
  }
  const Value x = machine->input(a, 8), blocks = machine->diagonal_blocks(x, 4);
  const Matrix squares = machine->output(machine->block_diagonal(machine->stage("stage").fl({blocks, blocks})));
  EXPECT_EQ(squares(0, 0), 4 * 2688.0 * 2688.0);
  EXPECT_EQ(squares(4, 4), 0);
}

TEST(MachineBlockScaled, the_vector_unit_and_results_stay_in_fp32) {
  for (const auto& [name, element] : kElements) {
    TestMachine machine(name, parameters_of(name, element, "outside"));
    const Matrix a = sample_matrix(12);
    const Value x = machine->input(a, kN);
    const Matrix sum = machine->output(machine->stage("stage").add(x, machine->twice(x)));
    EXPECT_EQ(sum, mapped(a, [](int, int, double v) {
                return static_cast<double>(static_cast<float>(v) + static_cast<float>(2 * v));
              }));
  }
}

TEST(MachineBlockScaled, saturations_and_lost_blocks_reach_the_trace) {
  TestMachine machine("mxfp8");
  Matrix a(4, 4);
  a(1, 0) = 1.9;  // beyond 448 2^-8 under the floor rule
  a(2, 0) = 0.5;
  const Value x = machine->input(a, 4);
  static_cast<void>(machine->stage("stage").fl({x, x}));
  EXPECT_EQ(machine->trace().total().saturations, 2);  // as left and as right operand
  TestMachine higher("mxfp8", {{"scale_rule", "ceil"}});
  const Value y = higher->input(a, 4);
  static_cast<void>(higher->stage("stage").fl({y, y}));
  EXPECT_EQ(higher->trace().total().saturations, 0);
}

// ---- whole inversions ----

// n x n, strictly lower: A of delta-rule chunks with mildly correlated keys (beta 1/2, cosine about 1/5).
Matrix mild(int n, std::uint64_t seed) {
  Samples samples(seed);
  constexpr int kDimension = 32;
  std::vector<std::vector<double>> keys;
  for (int i = 0; i < n; ++i) {
    std::vector<double> key;
    double norm = 0;
    for (int l = 0; l < kDimension; ++l) {
      double noise = -6;  // twelve uniform numbers: nearly normal
      for (int m = 0; m < 12; ++m) noise += std::ldexp(static_cast<double>(samples.bits() >> 11), -53);
      key.push_back(0.5 + noise);
      norm += key.back() * key.back();
    }
    for (double& v : key) v /= std::sqrt(norm);
    keys.push_back(key);
  }
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) {
      double dot = 0;
      for (int l = 0; l < kDimension; ++l)
        dot += keys[static_cast<std::size_t>(i)][static_cast<std::size_t>(l)] *
               keys[static_cast<std::size_t>(j)][static_cast<std::size_t>(l)];
      a(i, j) = static_cast<double>(static_cast<float>(0.5 * dot));
    }
  }
  return a;
}

Matrix inverse_in_double(const Matrix& a) {
  Matrix x(a.rows(), a.rows());
  for (int i = 0; i < a.rows(); ++i) {
    x(i, i) = 1;
    for (int k = 0; k < i; ++k) {
      for (int j = 0; j <= k; ++j) x(i, j) -= a(i, k) * x(k, j);
    }
  }
  return x;
}

// Row i of the inverse is e_i - a_i X, on the vector unit; or on the matrix unit.
Value by_rows(Machine& machine, const Value& a, bool on_matrix_unit) {
  const int n = a.rows();
  const Value identity = machine.identity(n), minus = machine.negate(a);
  const Stage stage = machine.stage("rows");
  Rows rows(machine, n, n, 1);
  rows.append(machine.row(identity, 0));
  for (int i = 1; i < n; ++i) {
    const Factors product{machine.block(minus, i, 0, 1, i), rows.top()};
    rows.append(on_matrix_unit ? stage.fl(machine.row(identity, i), product)
                               : stage.vector(machine.row(identity, i), product));
  }
  return rows.all();
}

// (I - A) (I + A^2) (I + A^4) ...
Value by_doubling(Machine& machine, const Value& a) {
  const Stage stage = machine.stage("powers");
  Value x = stage.subtract(machine.identity(a.rows()), a), power = a;
  for (int order = 2; order < a.rows(); order *= 2) {
    power = stage.fl({power, power});
    x = stage.fl(x, {x, power});
  }
  return x;
}

// X := X + X (I - (I + A) X) = X (2 I - X - A X), twice, from an approximation by rows.
Value refined(Machine& machine, const Value& a) {
  const Stage stage = machine.stage("refine");
  Value x = by_rows(machine, a, true);
  for (int step = 0; step < 2; ++step) {
    const Value residual = stage.subtract(stage.subtract(machine.identity(a.rows()), x), stage.fl({a, x}));
    x = stage.fl(x, {x, residual});
  }
  return x;
}

double relative_error(const Matrix& x, const Matrix& truth) {
  double error = 0, size = 0;
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j < x.columns(); ++j) {
      error += (x(i, j) - truth(i, j)) * (x(i, j) - truth(i, j));
      size += truth(i, j) * truth(i, j);
    }
  }
  return std::sqrt(error / size);
}

enum class Way { vector_rows, matrix_rows, doubling, refinement };
constexpr Way kWays[] = {Way::vector_rows, Way::matrix_rows, Way::doubling, Way::refinement};

// The mean over a few matrices.
double error_of(Way way, const char* name, const Json& parameters = Json::object()) {
  double error = 0;
  constexpr int kMatrices = 4;
  for (std::uint64_t seed = 1; seed <= kMatrices; ++seed) {
    TestMachine machine(name, parameters);
    const Matrix a = mild(64, seed);
    const Value value = machine->input(a, 64);
    const Value x = way == Way::doubling     ? by_doubling(*machine, value)
                    : way == Way::refinement ? refined(*machine, value)
                                             : by_rows(*machine, value, way == Way::matrix_rows);
    error += relative_error(machine->output(x), inverse_in_double(a)) / kMatrices;
  }
  return error;
}

TEST(QuantisedInverse, more_bits_are_better) {
  for (const Way way : kWays) {
    for (const char* scale : {"tensor", "row", "block"}) {
      const Json parameters{{"scale", scale}};
      const double four = error_of(way, "int4", parameters), eight = error_of(way, "int8", parameters),
                   sixteen = error_of(way, "int16", parameters);
      EXPECT_LT(four, 4) << scale;  // finite: three bits keep no digit of the refined inverse
      EXPECT_LT(eight, four / 8) << scale;
      EXPECT_LT(sixteen, eight / 100) << scale;
      EXPECT_GT(sixteen, 1e-7) << scale;
    }
  }
}

TEST(QuantisedInverse, narrower_elements_are_worse) {
  for (const Way way : {Way::matrix_rows, Way::doubling, Way::refinement}) {
    const double eight = error_of(way, "mxfp8"), six = error_of(way, "mxfp6"), four = error_of(way, "mxfp4"),
                 wide = error_of(way, "mxfp8", {{"element", "e5m2"}}), integer = error_of(way, "mxint8"),
                 nvidia = error_of(way, "nvfp4");
    EXPECT_LT(eight, four / 3);
    EXPECT_LT(six, four / 3);  // e2m3 has as many significant bits as e4m3
    EXPECT_LT(eight, wide);
    EXPECT_LT(integer, eight);
    EXPECT_LT(nvidia, four);  // smaller blocks, finer scales
    EXPECT_LT(four, 1);
    EXPECT_GT(eight, 1e-4);
  }
  // The vector unit works in fp32: nothing is quantised.
  EXPECT_LT(error_of(Way::vector_rows, "mxfp4"), 1e-6);
}

// Integers and four-bit elements: a 1 among small numbers costs most of the range.
TEST(QuantisedInverse, the_identity_outside_beats_inside) {
  for (const Way way : {Way::matrix_rows, Way::doubling}) {
    for (const char* name : {"int4", "int8", "int16", "mxfp4", "mxint8", "nvfp4"})
      EXPECT_LT(error_of(way, name), error_of(way, name, {{"identity", "inside"}})) << name;
    for (const char* scale : {"row", "block"}) {
      EXPECT_LT(error_of(way, "int8", {{"scale", scale}}),
                error_of(way, "int8", {{"scale", scale}, {"identity", "inside"}}))
          << scale;
    }
  }
}

// Elements with exponents of their own keep small numbers beside a 1.
TEST(QuantisedInverse, the_identity_inside_costs_wider_floating_elements_little) {
  for (const Way way : {Way::matrix_rows, Way::doubling}) {
    for (const char* element : {"e4m3", "e5m2"}) {
      const double outside = error_of(way, "mxfp8", {{"element", element}}),
                   inside = error_of(way, "mxfp8", {{"element", element}, {"identity", "inside"}});
      EXPECT_NEAR(inside / outside, 1, 0.2) << element;
    }
  }
}

TEST(QuantisedInverse, smaller_blocks_are_better_than_one_scale_a_tensor) {
  const double tensor = error_of(Way::doubling, "int8"), row = error_of(Way::doubling, "int8", {{"scale", "row"}}),
               block = error_of(Way::doubling, "int8", {{"scale", "block"}, {"block_size", 8}});
  EXPECT_LT(row, tensor);
  EXPECT_LT(block, row);
}

// Calibrated far too low, the inverse is wrong and says why; calibrated right, it is as good as amax.
TEST(QuantisedInverse, static_scales_are_as_good_as_their_calibration) {
  const double amax = error_of(Way::matrix_rows, "int8");
  EXPECT_LT(error_of(Way::matrix_rows, "int8", {{"scale_rule", "static"}, {"static_amax", 0.5}}), 3 * amax);
  EXPECT_GT(error_of(Way::matrix_rows, "int8", {{"scale_rule", "static"}, {"static_amax", 0.02}}), 10 * amax);
}

// ---- descriptions and refusals ----

std::string refusal(const char* name, const Json& parameters) {
  try {
    static_cast<void>(make_arithmetic(name, parameters, "arithmetics[0]"));
  } catch (const UsageError& error) {
    return error.what();
  }
  ADD_FAILURE() << name << " was accepted";
  return "";
}

void expect_mentions(const std::string& message, std::initializer_list<const char*> parts) {
  EXPECT_EQ(message.find('\n'), std::string::npos);
  for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(QuantisedArithmetic, unit_roundoff_is_nominal_and_inputs_are_given) {
  const std::pair<const char*, double> expected[] = {{"int4", 1.0 / 14}, {"int8", 1.0 / 254}, {"int16", 1.0 / 65534},
                                                     {"mxfp8", 0x1p-4},  {"mxfp6", 0x1p-4},   {"mxfp4", 0x1p-2},
                                                     {"mxint8", 0x1p-7}, {"nvfp4", 0x1p-2}};
  for (const auto& [name, u] : expected) {
    EXPECT_EQ(arithmetic_of(name).unit_roundoff(), u) << name;
    EXPECT_EQ(arithmetic_of(name).input_format(), "given");
  }
  EXPECT_EQ(arithmetic_of("mxfp8", {{"element", "e5m2"}}).unit_roundoff(), 0x1p-3);
  EXPECT_EQ(arithmetic_of("int8", {{"range", "full"}}).unit_roundoff(), 1.0 / 254);
}

TEST(QuantisedArithmetic, defaults_hold_the_sums_of_a_chunk) {
  EXPECT_EQ(arithmetic_of("int4").quantiser->accumulator_bits, 32);
  EXPECT_EQ(arithmetic_of("int8").quantiser->accumulator_bits, 32);
  EXPECT_EQ(arithmetic_of("int16").quantiser->accumulator_bits, 64);
  EXPECT_EQ(arithmetic_of("int8", {{"scale", "block"}}).quantiser->block_size, 32);
  EXPECT_EQ(arithmetic_of("int8", {{"range", "full"}}).quantiser->smallest_code(), -128);
  EXPECT_EQ(arithmetic_of("mxfp4").quantiser->block_size, 32);
  EXPECT_EQ(arithmetic_of("nvfp4").quantiser->block_size, 16);
}

TEST(QuantisedArithmetic, parameters_that_nothing_uses_are_refused) {
  expect_mentions(refusal("int8", {{"block_size", 8}}), {"arithmetics[0].block_size", "8", "scale tensor", "block"});
  expect_mentions(refusal("int8", {{"static_amax", 2}}), {"arithmetics[0].static_amax", "2", "amax", "static"});
  expect_mentions(refusal("int8", {{"scale_rule", "static"}}), {"arithmetics[0].static_amax", "none", "positive"});
  expect_mentions(refusal("int8", {{"scale_rule", "static"}, {"static_amax", 0}}),
                  {"arithmetics[0]", "static_amax", "0"});
  expect_mentions(refusal("int8", {{"scale", "blok"}}), {"blok", "tensor", "row", "block"});
  expect_mentions(refusal("mxfp4", {{"element", "e2m1"}}), {"element"});
  expect_mentions(refusal("mxfp8", {{"element", "e2m1"}}), {"e2m1", "e4m3", "e5m2"});
  expect_mentions(refusal("mxfp8", {{"scale_rule", "amax"}}), {"amax", "floor", "ceil", "floor+1"});
  expect_mentions(refusal("mxfp8", {{"accumulate", "fp64"}}), {"arithmetics[0].accumulate", "fp64", "inside fp32"});
  expect_mentions(refusal("nvfp4", {{"terms", 8}}), {"arithmetics[0].terms", "bfma"});
  expect_mentions(refusal("mxfp8", {{"accumulator_rounding", "stochastic"}}), {"stochastic", "nearest-even"});
  expect_mentions(refusal("mxfp9", Json::object()), {"did you mean 'mxfp"});
}

TEST(QuantisedArithmetic, listings_say_what_the_fields_say) {
  EXPECT_NE(describe(arithmetic_of("mxfp8")).quantiser.find("block of 32 along k"), std::string::npos);
  EXPECT_NE(describe(arithmetic_of("nvfp4")).quantiser.find("block of 16 along k (e4m3)"), std::string::npos);
  EXPECT_NE(describe(arithmetic_of("mxint8")).operand.find("int8"), std::string::npos);
  EXPECT_NE(describe(arithmetic_of("int16")).accumulator.find("int64"), std::string::npos);
  EXPECT_NE(describe(arithmetic_of("int8", {{"range", "full"}})).quantiser.find("full range"), std::string::npos);
  EXPECT_NE(describe(arithmetic_of("int8", {{"scale_rule", "static"}, {"static_amax", 2.5}})).quantiser.find("2.5"),
            std::string::npos);
  for (const auto& [name, element] : kElements)
    EXPECT_NE(describe(arithmetic_of(name)).evidence.find("model"), std::string::npos);
}

}  // namespace tristab::machine_block_scaled_test
