// The integer oracle of matrix units against what an H100 returned, bit for bit, and the records' power:
// every neighbouring model is refuted by them.
#include "support/hardware_vectors.h"
#include "support/shared_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/matrix_unit_oracle.h"

namespace tristab::hardware_vectors_test {

using oracle::MatrixUnitModel;
using oracle::OperandMinExponents;

const char* const kDots = TRISTAB_TEST_DATA "/h100-dots.safetensors";
const char* const kProbes = TRISTAB_TEST_DATA "/h100-probes.safetensors";

int min_exponent(const std::string& format) {
  if (format == "fp16" || format == "e5m2") return -14;
  return format == "e4m3" ? -6 : -126;
}

MatrixUnitModel with_fp16_result(MatrixUnitModel unit) {
  unit.result_precision = 11;
  unit.result_min_exponent = -14;
  unit.result_max_exponent = 15;
  unit.rounding = MatrixUnitModel::Rounding::nearest_even;
  unit.kept_fraction_bits = 0;
  return unit;
}

bool is_fp8(const HardwareVectors& set) { return set.operand[0] == 'e'; }
bool is_widened_fp8(const HardwareVectors& set) { return is_fp8(set) && set.path() == "mma"; }

// The H100's model for a recorded set.
MatrixUnitModel unit_of(const HardwareVectors& set) {
  MatrixUnitModel unit;
  if (set.operand.starts_with("fp32tf32")) unit.terms = 8;
  if (is_fp8(set)) unit.terms = 32, unit.fraction_bits = 13, unit.kept_fraction_bits = 13;
  if (set.instruction_k() != 0) unit.terms = set.instruction_k();
  if (is_widened_fp8(set)) unit.terms /= 2, unit.fraction_bits = 25, unit.kept_fraction_bits = 0;
  return set.accumulator == "f16" ? with_fp16_result(unit) : unit;
}

// x + y to nearest in the accumulator's format; in fp16 by a group whose F spans all of the format.
float add(const std::string& accumulator, float x, float y) {
  if (accumulator == "f32") return x + y;
  MatrixUnitModel exact = with_fp16_result({});
  exact.terms = 1;
  exact.fraction_bits = 40;
  const float one = 1;
  return oracle::dot(exact, &y, &one, 1, x, {-14, -14});
}

std::uint32_t modelled(const HardwareVectors& set, const MatrixUnitModel& unit, int t, int i, int j) {
  std::vector<float> a, b;
  for (int l = 0; l < set.k; ++l) {
    a.push_back(value_of_bits(set.a_format(), set.a_at(t, i, l)));
    b.push_back(value_of_bits(set.b_format(), set.b_at(t, l, j)));
  }
  const float c = value_of_bits(set.accumulator, set.c_at(t, i, j));
  const OperandMinExponents minimum{min_exponent(set.a_format()), min_exponent(set.b_format())};
  float d = 0;
  if (set.operand == "fp32tf32x3") {
    d = oracle::dot_tf32x3(unit, a.data(), b.data(), set.k, c);
  } else if (set.operand == "fp32tf32") {
    d = oracle::dot_tf32(unit, a.data(), b.data(), set.k, c);
  } else if (is_widened_fp8(set)) {
    const auto plus = [&](float x, float y) { return add(set.accumulator, x, y); };
    d = oracle::widened_fp8_dot(unit, a.data(), b.data(), set.k, c, set.instruction_k(), plus);
  } else if (set.name.starts_with("scaledmm-promoted")) {
    d = oracle::promoted_dot(unit, a.data(), b.data(), set.k, c, 128, minimum);
  } else {
    d = oracle::dot(unit, a.data(), b.data(), set.k, c, minimum);
  }
  return bits_of_value(set.accumulator, d);
}

// int8 operands, int32 accumulator: modulo 2^32, or with .satfinite clamped after every instruction.
std::uint32_t modelled_integer(const HardwareVectors& set, int t, int i, int j) {
  const bool saturates = set.path() == "mmasat";
  std::int64_t sum = static_cast<std::int32_t>(set.c_at(t, i, j));
  for (int l = 0; l < set.k; ++l) {
    sum += static_cast<std::int64_t>(static_cast<std::int8_t>(set.a_at(t, i, l))) *
           static_cast<std::int8_t>(set.b_at(t, l, j));
    if (saturates && (l + 1) % set.instruction_k() == 0) {
      sum = std::clamp<std::int64_t>(sum, std::numeric_limits<std::int32_t>::min(),
                                     std::numeric_limits<std::int32_t>::max());
    }
  }
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(sum));
}

struct Count {
  long elements = 0, mismatches = 0;
};

Count count(const HardwareVectors& set, const std::function<std::uint32_t(int, int, int)>& model) {
  Count count;
  for (int t = 0; t < set.batch; ++t) {
    for (int i = 0; i < set.m; ++i) {
      for (int j = 0; j < set.n; ++j) {
        const std::uint32_t expected = set.d_at(t, i, j), computed = model(t, i, j);
        ++count.elements;
        if (computed == expected) continue;
        if (++count.mismatches == 1) {
          std::printf("%s tile %d row %d column %d: 0x%08x, recorded 0x%08x\n", set.label().c_str(), t, i, j,
                      static_cast<unsigned>(computed), static_cast<unsigned>(expected));
        }
      }
    }
  }
  return count;
}

Count count(const HardwareVectors& set) {
  if (set.operand == "s8") return count(set, [&](int t, int i, int j) { return modelled_integer(set, t, i, j); });
  const MatrixUnitModel unit = unit_of(set);
  return count(set, [&](int t, int i, int j) { return modelled(set, unit, t, i, j); });
}

// Recorded elements and sets a file must hold, so that nothing is passed by being absent.
void expect_every_set_agrees(const std::string& path, std::size_t sets, long elements) {
  const std::vector<HardwareVectors> all = read_hardware_vectors(path);
  EXPECT_EQ(all.size(), sets);
  long total = 0;
  for (const HardwareVectors& set : all) {
    const Count result = count(set);
    EXPECT_EQ(result.mismatches, 0) << set.label() << ": of " << result.elements;
    EXPECT_GT(result.elements, 0) << set.label();
    total += result.elements;
  }
  EXPECT_EQ(total, elements);
}

TEST(HardwareVectors, oracle_returns_every_recorded_triton_and_cublas_dot) {
  expect_every_set_agrees(kDots, 33, 33792);
}

TEST(HardwareVectors, oracle_returns_every_recorded_probe) { expect_every_set_agrees(kProbes, 211, 51648); }

// The whole records behind the slices, where they are at hand.
TEST(HardwareVectors, oracle_returns_every_element_of_the_whole_records) {
  const std::filesystem::path data = shared_data("h100/dots.safetensors");
  if (data.empty()) GTEST_SKIP() << "TRISTAB_SHARED_DATA names no directory with h100/dots.safetensors";
  const std::string folder = (data / "h100").string();
  expect_every_set_agrees(folder + "/dots.safetensors", 30, 307200);
  expect_every_set_agrees(folder + "/fp8.safetensors", 3, 12288);
}

// Mismatches of a changed model, by operand and accumulator, over both files; widened fp8 and cuBLAS's
// promoted chains left out.
std::map<std::string, long> mismatches_with(const std::function<void(MatrixUnitModel&)>& change) {
  std::map<std::string, long> mismatches;
  for (const char* path : {kDots, kProbes}) {
    for (const HardwareVectors& set : read_hardware_vectors(path)) {
      if (set.operand == "s8" || is_widened_fp8(set)) continue;
      MatrixUnitModel unit = unit_of(set);
      change(unit);
      long& sum = mismatches[set.operand + "_" + set.accumulator];
      for (int t = 0; t < set.batch; ++t) {
        for (int i = 0; i < set.m; i += 3) {
          for (int j = 0; j < set.n; ++j) sum += modelled(set, unit, t, i, j) != set.d_at(t, i, j) ? 1 : 0;
        }
      }
    }
  }
  return mismatches;
}

const std::vector<std::string> kEveryKind = {"bf16_f32", "fp16_f32", "fp16_f16", "fp32tf32_f32", "fp32tf32x3_f32",
                                             "e4m3_f32", "e5m2_f32", "e4m3_f16", "e5m2_f16"};

void expect_refuted(const std::vector<std::string>& kinds, const std::function<void(MatrixUnitModel&)>& change) {
  std::map<std::string, long> mismatches = mismatches_with(change);
  for (const std::string& kind : kinds) EXPECT_GT(mismatches[kind], 0) << kind;
}

TEST(HardwareVectors, records_refute_one_fraction_bit_less) {
  expect_refuted(kEveryKind, [](MatrixUnitModel& unit) { --unit.fraction_bits; });
}

TEST(HardwareVectors, records_refute_one_fraction_bit_more) {
  expect_refuted(kEveryKind, [](MatrixUnitModel& unit) { ++unit.fraction_bits; });
}

TEST(HardwareVectors, records_refute_groups_of_half_the_terms) {
  expect_refuted(kEveryKind, [](MatrixUnitModel& unit) { unit.terms /= 2; });
}

TEST(HardwareVectors, records_refute_groups_of_twice_the_terms) {
  expect_refuted(kEveryKind, [](MatrixUnitModel& unit) { unit.terms *= 2; });
}

TEST(HardwareVectors, records_refute_the_other_final_rounding) {
  expect_refuted(kEveryKind, [](MatrixUnitModel& unit) {
    using Rounding = MatrixUnitModel::Rounding;
    unit.rounding = unit.rounding == Rounding::nearest_even ? Rounding::toward_zero : Rounding::nearest_even;
  });
}

TEST(HardwareVectors, records_refute_an_addend_aligned_by_floor) {
  expect_refuted(kEveryKind, [](MatrixUnitModel& unit) { unit.addend_floor = true; });
}

TEST(HardwareVectors, records_refute_another_least_alignment_exponent) {
  const std::vector<std::string> kinds = {"bf16_f32", "fp32tf32_f32"};
  expect_refuted(kinds, [](MatrixUnitModel& unit) { --unit.min_alignment_exponent; });
  expect_refuted(kinds, [](MatrixUnitModel& unit) { ++unit.min_alignment_exponent; });
  expect_refuted(kinds, [](MatrixUnitModel& unit) { unit.min_alignment_exponent = -400; });
}

TEST(HardwareVectors, records_refute_other_numbers_of_kept_bits_in_fp8) {
  const std::vector<std::string> kinds = {"e4m3_f32", "e5m2_f32"};
  for (const int kept : {12, 14, 0}) {
    expect_refuted(kinds, [=](MatrixUnitModel& unit) {
      if (unit.kept_fraction_bits != 0) unit.kept_fraction_bits = kept;
    });
  }
}

// Single products of sixteen terms that an H100 returned (bf16 operands; fp16 alike where it can hold them).
TEST(MatrixUnitOracle, single_dots_of_the_published_table) {
  const auto dot = [](const std::vector<std::pair<float, float>>& terms, float c) {
    std::vector<float> a(16, 0.0F), b(16, 0.0F);
    for (std::size_t i = 0; i < terms.size(); ++i) std::tie(a[i], b[i]) = terms[i];
    return oracle::dot({}, a.data(), b.data(), 16, c);
  };
  const auto repeated = [](std::pair<float, float> head, int times, std::pair<float, float> rest) {
    std::vector<std::pair<float, float>> terms(static_cast<std::size_t>(times), rest);
    terms.insert(terms.begin(), head);
    return terms;
  };
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(dot(repeated({1, 1}, 15, {0x1p-25F, 1}), 0), 0x1.000006p+0F);
  EXPECT_EQ(dot(repeated({1.5F, 1.5F}, 15, {0x1p-25F, 1}), 0), 0x1.200002p+1F);
  EXPECT_EQ(dot({{1, 1}, {0x1p-26F, 1}}, -1), 0);
  EXPECT_EQ(dot(repeated({1, 1}, 3, {-0x1p-25F, 1}), 0), 0x1.fffffcp-1F);
  EXPECT_EQ(dot(repeated({0x1p-76F, 0x1p-76F}, 15, {0x1p-76F, 0x1p-76F}), 0), 0x1p-148F);
  EXPECT_EQ(dot({{0, 0x1p127F}}, 0x1p-149F), 0x1p-149F);
  EXPECT_EQ(dot({{0x1p127F, 2}}, 0), infinity);
  EXPECT_EQ(dot({{0x1p127F, 2}, {-0x1p127F, 2}}, 1), 0);
  EXPECT_EQ(dot({{0x1p127F, 1}, {0x1p127F, 1}, {-0x1p127F, 1}}, 0), 0x1p127F);
  EXPECT_EQ(dot({{0x1.fep127F, 1}, {0x1p120F, 1}}, 0), infinity);
  const auto nan_bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
  EXPECT_EQ(nan_bits(dot({{infinity, 1}, {-infinity, 1}}, 0)), 0x7fffffffU);
  EXPECT_EQ(nan_bits(dot({{infinity, 0}}, 0)), 0x7fffffffU);
  EXPECT_EQ(nan_bits(dot(repeated({-0.0F, 1}, 15, {-0.0F, 1}), -0.0F)), 0U);
}

}  // namespace tristab::hardware_vectors_test
