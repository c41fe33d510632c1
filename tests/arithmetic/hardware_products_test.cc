// The production kernels against what an H100 returned, bit for bit, on every SIMD level: every recorded set whose
// instruction is one of the units that have names. (The oracle that explains all sets: hardware_vectors_test.cc.)
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/hardware_vectors.h"
#include "support/machines.h"
#include "support/shared_data.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/base/json.h"

namespace tristab::hardware_products_test {

// The arithmetic of a recorded set; none where it is not one accumulation of a named unit.
std::optional<Arithmetic> arithmetic_of_set(const HardwareVectors& set) {
  const bool fp8 = set.operand[0] == 'e';
  // fp8 mma.sync and cuBLAS's promoted chains are several products; mixed fp8 formats have no preset; s8 is exact.
  if (set.operand == "s8" || set.a_format() != set.b_format()) return std::nullopt;
  if (fp8 && (set.path() == "mma" || set.name.starts_with("scaledmm-promoted"))) return std::nullopt;
  Json parameters = Json::object();
  if (set.instruction_k() != 0) parameters["terms"] = set.instruction_k();
  if (set.accumulator == "f16") parameters["accumulate"] = "fp16";
  std::string name = set.operand + "-h100";
  if (set.operand.starts_with("fp32")) name = set.operand.substr(4) + "-h100";
  if (set.operand == "e4m3") name = "fp8-h100";
  return arithmetic_of(name, parameters);
}

std::vector<float> values_of(const std::string& format, const std::vector<std::uint32_t>& bits) {
  std::vector<float> values;
  for (const std::uint32_t element : bits) values.push_back(value_of_bits(format, element));
  return values;
}

// Rounding to the operand format as the unit reads it. A NaN whose payload lies in the dropped bits is read as an
// infinity; the emulated machine knows one NaN alone, so that is done here.
void enter(std::vector<float>& values, const Arithmetic& arithmetic) {
  if (arithmetic.operand_rounding == Rounding::toward_zero) {
    for (float& x : values) {
      if (std::isnan(x)) x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0xffffe000U);
    }
  }
  round_row<float>(values.data(), values.data(), static_cast<int>(values.size()), arithmetic.operand,
                   arithmetic.operand_rounding);
}

bool all_finite(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

std::vector<float> unit_products(const HardwareVectors& set, const Arithmetic& arithmetic) {
  std::vector<float> a = values_of(set.a_format(), set.a), b = values_of(set.b_format(), set.b),
                     d = values_of(set.accumulator, set.c);
  enter(a, arithmetic);
  enter(b, arithmetic);
  ProductTask<float> task;
  task.rows = set.m;
  task.inner = set.k;
  task.columns = set.n;
  task.a_stride = set.k;
  task.b_stride = task.accumulator_stride = set.n;
  task.operand_precision = arithmetic.operand.precision;
  task.operand_min_exponent = arithmetic.operand.min_exponent;
  task.operand_max_exponent = arithmetic.operand.max_exponent;
  task.finite = all_finite(a) && all_finite(b) && all_finite(d);
  for (int t = 0; t < set.batch; ++t) {
    task.a = a.data() + static_cast<std::ptrdiff_t>(t) * set.m * set.k;
    task.b = b.data() + static_cast<std::ptrdiff_t>(t) * set.k * set.n;
    task.accumulator = d.data() + static_cast<std::ptrdiff_t>(t) * set.m * set.n;
    accumulate_product(task, arithmetic.product);
  }
  return d;
}

// tf32x3 is a sequence of stages of the Machine. A NaN's payload does not live in a Machine: sets with a NaN that
// the unit would read as an infinity are not for it.
bool has_payload_in_the_dropped_bits(const HardwareVectors& set) {
  const auto any = [](const std::vector<std::uint32_t>& bits) {
    return std::any_of(bits.begin(), bits.end(), [](std::uint32_t element) {
      const std::uint32_t magnitude = element & 0x7fffffffU;
      return magnitude > 0x7f800000U && magnitude < 0x7f802000U;
    });
  };
  return any(set.a) || any(set.b);
}

std::vector<float> split_products(const HardwareVectors& set, const Arithmetic& arithmetic) {
  Machine machine(make_float_engine());
  std::vector<float> result;
  const int size = std::max({set.m, set.k, set.n});
  for (int t = 0; t < set.batch; ++t) {
    machine.start({{"*", &arithmetic}});
    const auto block = [&](int rows, int columns, auto element) {
      Matrix matrix(size, size);
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) matrix(i, j) = value_of_bits("f32", element(i, j));
      }
      return machine.block(machine.input(matrix, size), 0, 0, rows, columns);
    };
    const Value a = block(set.m, set.k, [&](int i, int j) { return set.a_at(t, i, j); });
    const Value b = block(set.k, set.n, [&](int i, int j) { return set.b_at(t, i, j); });
    const Value c = block(set.m, set.n, [&](int i, int j) { return set.c_at(t, i, j); });
    const Matrix d = machine.output(machine.stage("product").fl(c, {a, b}, RoundTo::accumulator));
    for (int i = 0; i < set.m; ++i) {
      for (int j = 0; j < set.n; ++j) result.push_back(static_cast<float>(d(i, j)));
    }
  }
  return result;
}

struct Tally {
  int sets = 0, other_sets = 0, payload_sets = 0;
  long elements = 0;
};

Tally check_file(const std::string& path) {
  Tally tally;
  for (const HardwareVectors& set : read_hardware_vectors(path)) {
    const std::optional<Arithmetic> arithmetic = arithmetic_of_set(set);
    if (!arithmetic) {
      ++tally.other_sets;
      continue;
    }
    if (arithmetic->split && has_payload_in_the_dropped_bits(set)) {
      ++tally.payload_sets;
      continue;
    }
    ++tally.sets;
    tally.elements += static_cast<long>(set.d.size());
    for_each_simd_level([&](const char* level) {
      const std::vector<float> d =
          arithmetic->split ? split_products(set, *arithmetic) : unit_products(set, *arithmetic);
      ASSERT_EQ(d.size(), set.d.size());
      long mismatches = 0;
      for (std::size_t e = 0; e < d.size(); ++e) {
        if (bits_of_value(set.accumulator, d[e]) == set.d[e]) continue;
        if (++mismatches > 1) continue;
        ADD_FAILURE() << set.label() << ", " << level << ", element " << e << ": " << std::hex << "0x"
                      << bits_of_value(set.accumulator, d[e]) << ", recorded 0x" << set.d[e];
      }
      EXPECT_EQ(mismatches, 0) << set.label() << ", " << level;
    });
  }
  return tally;
}

TEST(HardwareProducts, kernels_return_every_recorded_triton_dot) {
  const Tally tally = check_file(TRISTAB_TEST_DATA "/h100-dots.safetensors");
  EXPECT_EQ(tally.sets + tally.payload_sets, 33);
  EXPECT_EQ(tally.other_sets, 0);
  EXPECT_EQ(tally.payload_sets, 0);
  EXPECT_EQ(tally.elements, 33792);
}

TEST(HardwareProducts, kernels_return_every_recorded_probe_of_a_named_unit) {
  const Tally tally = check_file(TRISTAB_TEST_DATA "/h100-probes.safetensors");
  EXPECT_EQ(tally.sets + tally.other_sets + tally.payload_sets, 211);
  EXPECT_GE(tally.sets, 140);
  std::printf("%d sets of named units, %ld elements; %d sets of other instructions, %d with NaN payloads in tf32x3\n",
              tally.sets, tally.elements, tally.other_sets, tally.payload_sets);
}

// The exponent of a subnormal accumulator is its format's emin, in fp16 too: -126 in its place misses 27 % of these.
TEST(HardwareProducts, kernels_return_every_recorded_dot_with_a_subnormal_addend) {
  const Tally tally = check_file(TRISTAB_TEST_DATA "/h100-addends.safetensors");
  EXPECT_EQ(tally.sets, 3);
  EXPECT_EQ(tally.elements, 3 * 2 * 16 * 16);
}

TEST(HardwareProducts, kernels_return_every_element_of_the_whole_records) {
  const std::filesystem::path data = shared_data("h100/dots.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with h100/dots.safetensors";
  const std::string folder = (data / "h100").string();
  EXPECT_EQ(check_file(folder + "/dots.safetensors").elements, 307200);
  EXPECT_EQ(check_file(folder + "/fp8.safetensors").elements, 12288);
}

}  // namespace tristab::hardware_products_test
