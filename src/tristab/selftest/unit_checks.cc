// Matrix units: the results of an H100 for single dot products, and every named unit against the exact model.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/json.h"
#include "tristab/selftest/check_list.h"
#include "tristab/selftest/samples.h"
#include "tristab/selftest/unit_oracle.h"

namespace tristab::selftest {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// c + the sum of `terms`, the last of them `repeats` times, and of zeros up to 16 products.
struct PublishedDot {
  const char* name;
  bool in_fp16;  // fp16 holds the operands too
  float c;
  std::vector<std::pair<float, float>> terms;
  int repeats;  // of the last term
  std::uint32_t expected;
};

// Results of an H100 for dot products of 16 terms; the same for bf16 and fp16 if both hold the operands.
const std::vector<PublishedDot>& published_dots() {
  static const std::vector<PublishedDot> dots = [] {
    const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
    constexpr std::uint32_t nan = 0x7fffffffU;
    return std::vector<PublishedDot>{
        // fp16 has no numbers below 2^-24, so 2^-25 is a product of two.
        {"1 + 15 x 2^-25", true, 0, {{1, 1}, {0x1p-12F, 0x1p-13F}}, 15, bits(0x1.000006p+0F)},
        {"1.5 x 1.5 + 15 x 2^-25", true, 0, {{1.5F, 1.5F}, {0x1p-12F, 0x1p-13F}}, 15, bits(0x1.200002p+1F)},
        {"-1 + 1 + 2^-26", true, -1, {{1, 1}, {0x1p-13F, 0x1p-13F}}, 1, bits(0)},
        {"1 - 3 x 2^-25", true, 0, {{1, 1}, {-0x1p-12F, 0x1p-13F}}, 3, bits(0x1.fffffcp-1F)},
        {"16 x (2^-76 x 2^-76)", false, 0, {{0x1p-76F, 0x1p-76F}}, 16, bits(0x1p-148F)},
        {"2^-149 + 0 x 2^127", false, 0x1p-149F, {{0, 0x1p127F}}, 1, bits(0x1p-149F)},
        {"2^127 x 2", false, 0, {{0x1p127F, 2}}, 1, bits(kInfinity)},
        {"1 + 2^127 x 2 - 2^127 x 2", false, 1, {{0x1p127F, 2}, {-0x1p127F, 2}}, 1, bits(0)},
        {"2^127 + 2^127 - 2^127", false, 0, {{0x1p127F, 1}, {0x1p127F, 1}, {-0x1p127F, 1}}, 1, bits(0x1p127F)},
        {"largest + 2^120", false, 0, {{0x1.fep127F, 1}, {0x1p120F, 1}}, 1, bits(kInfinity)},
        {"infinity - infinity", true, 0, {{kInfinity, 1}, {-kInfinity, 1}}, 1, nan},
        {"infinity x 0", true, 0, {{kInfinity, 0}}, 1, nan},
        {"-0 + 16 x -0", true, -0.0F, {{-0.0F, 1}}, 16, bits(0)}};
  }();
  return dots;
}

// The same sum at every place of the product of `rows` equal rows and `columns` equal columns.
std::vector<float> equal_sums(const PublishedDot& dot, const Arithmetic& arithmetic, int rows, int columns) {
  constexpr int inner = 16;
  std::vector<float> a(static_cast<std::size_t>(rows * inner)), b(static_cast<std::size_t>(inner * columns)),
      sums(static_cast<std::size_t>(rows * columns), dot.c);
  for (int k = 0; k < inner; ++k) {
    const int terms = static_cast<int>(dot.terms.size());
    if (k >= terms - 1 + dot.repeats) break;
    const auto& [x, y] = dot.terms[static_cast<std::size_t>(std::min(k, terms - 1))];
    for (int i = 0; i < rows; ++i) a[element(i, k, inner)] = x;
    for (int j = 0; j < columns; ++j) b[element(k, j, columns)] = y;
  }
  ProductTask<float> task =
      dense_task<float>(a.data(), b.data(), sums.data(), rows, inner, columns, arithmetic.operand);
  accumulate_product(task, arithmetic.product);
  return sums;
}

std::vector<Arithmetic> unit_arithmetics() {
  std::vector<Arithmetic> units;
  for (const UnitPreset& preset : unit_presets()) {
    if (preset.model != AccumulationModel::matrix_unit) continue;
    units.push_back(make_arithmetic(preset.name, Json::object(), "selftest"));
  }
  // Sums in fp16.
  for (const char* name : {"fp16-h100", "e5m2-h100"})
    units.push_back(make_arithmetic(name, {{"accumulate", "fp16"}}, "selftest"));
  return units;
}

// Whether the unit is like the H100's: 16 products of 16-bit operands at a time, F = 25, truncated into fp32.
bool is_of_the_table(const Arithmetic& arithmetic) {
  const Accumulation& product = arithmetic.product;
  return product.unit.terms == 16 && product.unit.fraction_bits == 25 && product.rounding == Rounding::toward_zero &&
         product.format == fp32_format() && arithmetic.operand.bits == 16;
}

double draw(Samples& samples, const Format& format, int kind) {
  switch (kind) {
    case 0:
      return samples.moderate(format);
    case 1:
      return samples.any(format);
    case 2:
      return samples.small(format);
    case 3:  // products near 2^-133, the lowest alignment exponent of an H100
      return samples.value(format, std::max(-80, format.min_exponent - format.precision),
                           std::max(-60, format.min_exponent));
    case 4:  // products near the largest number of fp32
      return samples.value(format, std::min(58, format.max_exponent - 6), std::min(65, format.max_exponent));
    case 5:
      return samples.chance(4) ? samples.any(format) : 0.0;
    default:
      return samples.special(format);
  }
}
constexpr int kKinds = 7;

void check_unit(const Arithmetic& arithmetic, const std::string& level, int repeats, std::uint64_t seed, Tally& tally) {
  Samples samples(seed);
  const Accumulation& product = arithmetic.product;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const int kind = repeat % kKinds;
    const int rows = samples.integer(1, 6), inner = samples.integer(1, 70), columns = samples.integer(1, 36);
    const auto fill = [&](int count, const Format& format, bool zeros) {
      std::vector<float> values;
      values.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) values.push_back(zeros ? 0.0F : static_cast<float>(draw(samples, format, kind)));
      return values;
    };
    const std::vector<float> a = fill(rows * inner, arithmetic.operand, false),
                             b = fill(inner * columns, arithmetic.operand, false),
                             c = fill(rows * columns, product.format, samples.chance(2));
    std::vector<float> sums = c;
    ProductTask<float> task =
        dense_task<float>(a.data(), b.data(), sums.data(), rows, inner, columns, arithmetic.operand);
    task.finite = kind != kKinds - 1;
    accumulate_product(task, product);
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        const auto e = element(i, j, columns);
        const float expected = unit_dot(product, arithmetic.operand.min_exponent, a.data() + i * inner, b.data() + j,
                                        columns, inner, c[e]);
        const auto found_bits = std::bit_cast<std::uint32_t>(sums[e]), bits = std::bit_cast<std::uint32_t>(expected);
        if (found_bits == bits) continue;
        tally.mismatch([&] {
          return fmt::format("{}, {}, {} products, c = {}: 0x{:08x}, expected 0x{:08x}", arithmetic.name, level, inner,
                             hexadecimal(static_cast<double>(c[e])), found_bits, bits);
        });
      }
    }
    tally.count(rows * columns);
  }
}

}  // namespace

void check_published_dots(const Runner& runner, Effort, Tally& tally) {
  const std::vector<Arithmetic> units = unit_arithmetics();
  over_levels(runner, units.size(), tally, [&](const std::string& level, std::size_t item, Tally& own) {
    const Arithmetic& arithmetic = units[item];
    if (!is_of_the_table(arithmetic)) return;
    for (const PublishedDot& dot : published_dots()) {
      if (!dot.in_fp16 && arithmetic.operand.max_exponent < 127) continue;
      for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{5, 19}, std::pair{4, 32}}) {
        for (const float sum : equal_sums(dot, arithmetic, rows, columns)) {
          const auto bits = std::bit_cast<std::uint32_t>(sum);
          if (bits == dot.expected) continue;
          own.mismatch([&] {
            return fmt::format("{}, {}, {}: 0x{:08x}, an H100 returned 0x{:08x}", arithmetic.name, level, dot.name,
                               bits, dot.expected);
          });
        }
        own.count(rows * columns);
      }
    }
  });
}

void check_matrix_units(const Runner& runner, Effort effort, Tally& tally) {
  const std::vector<Arithmetic> units = unit_arithmetics();
  constexpr std::size_t seeds = 4;
  const int repeats = effort == Effort::exhaustive ? 420 : 140;
  over_levels(runner, units.size() * seeds, tally, [&](const std::string& level, std::size_t item, Tally& own) {
    check_unit(units[item / seeds], level, repeats, item, own);
  });
}

}  // namespace tristab::selftest
