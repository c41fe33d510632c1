// The matrix unit's kernel against an oracle in integers, bit for bit, on every SIMD level: every unit that has a
// name, and models that none has.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "support/matrix_unit_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/presets.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"

namespace tristab::matrix_unit_test {

oracle::MatrixUnitModel model_of(const Accumulation& accumulation) {
  oracle::MatrixUnitModel model;
  model.terms = accumulation.unit.terms;
  model.fraction_bits = accumulation.unit.fraction_bits;
  model.result_precision = accumulation.format.precision;
  model.result_min_exponent = accumulation.format.min_exponent;
  model.result_max_exponent = accumulation.format.max_exponent;
  model.rounding = accumulation.rounding == Rounding::nearest_even ? oracle::MatrixUnitModel::Rounding::nearest_even
                                                                   : oracle::MatrixUnitModel::Rounding::toward_zero;
  model.addend_floor = accumulation.unit.addend_floor;
  model.min_alignment_exponent = accumulation.unit.lowest_exponent;
  return model;
}

// One product of values of `operand` and its oracle.
struct UnitCase {
  std::string name;
  Format operand;
  Accumulation accumulation;
  int rows = 1, inner = 1, columns = 1, gap = 0;
  std::vector<float> a, b, c;  // rows x inner, inner x columns, rows x columns

  std::size_t at(int i, int j, int width) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(width) + static_cast<std::size_t>(j);
  }

  std::vector<float> truth() const {
    const oracle::MatrixUnitModel model = model_of(accumulation);
    std::vector<float> result = c, column(static_cast<std::size_t>(inner));
    for (int j = 0; j < columns; ++j) {
      for (int k = 0; k < inner; ++k) column[static_cast<std::size_t>(k)] = b[at(k, j, columns)];
      for (int i = 0; i < rows; ++i) {
        float& d = result[at(i, j, columns)];
        d = oracle::dot(model, a.data() + at(i, 0, inner), column.data(), inner, d,
                        {operand.min_exponent, operand.min_exponent});
      }
    }
    return result;
  }

  bool finite() const {
    const auto all = [](const std::vector<float>& values) {
      return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
    };
    return all(a) && all(b) && all(c);
  }

  std::vector<float> computed(bool skip_zeros) const {
    const auto spread = [this](const std::vector<float>& from, int count, int width) {
      std::vector<float> to(static_cast<std::size_t>(count * (width + gap)), 77.0F);
      for (int i = 0; i < count; ++i) std::copy_n(from.begin() + i * width, width, to.begin() + i * (width + gap));
      return to;
    };
    const std::vector<float> left = spread(a, rows, inner), right = spread(b, inner, columns);
    std::vector<float> sums = spread(c, rows, columns);
    ProductTask<float> task;
    task.rows = rows;
    task.inner = inner;
    task.columns = columns;
    task.a = left.data();
    task.a_stride = inner + gap;
    task.b = right.data();
    task.b_stride = columns + gap;
    task.accumulator = sums.data();
    task.accumulator_stride = columns + gap;
    task.finite = finite();
    task.skip_zeros = skip_zeros;
    task.operand_precision = operand.precision;
    task.operand_min_exponent = operand.min_exponent;
    task.operand_max_exponent = operand.max_exponent;
    accumulate_product(task, accumulation);
    std::vector<float> result;
    for (int i = 0; i < rows; ++i) {
      const auto row = sums.begin() + i * (columns + gap);
      result.insert(result.end(), row, row + columns);
      for (int j = columns; j < columns + gap; ++j) EXPECT_EQ(row[j], 77.0F) << name << ": beyond a row";
    }
    return result;
  }

  // Zeros may be left out where everything is finite, c holds no -0 and its elements are the accumulator's.
  bool may_skip() const {
    return finite() && std::none_of(c.begin(), c.end(), [](float x) { return x == 0 && std::signbit(x); });
  }

  void check() const {
    const std::vector<float> expected = truth();
    for_each_simd_level([&](const char* level) {
      for (const bool skip : {false, true}) {
        if (skip && !may_skip()) continue;
        const std::vector<float> result = computed(skip);
        for (std::size_t e = 0; e < result.size(); ++e) {
          // The units have one NaN: its bits are compared like any others.
          if (std::bit_cast<std::uint32_t>(result[e]) == std::bit_cast<std::uint32_t>(expected[e])) continue;
          ADD_FAILURE() << name << ", " << rows << " x " << inner << " x " << columns << (skip ? ", skipping" : "")
                        << ", " << level << ", element " << e << ": " << std::hexfloat << result[e] << ", expected "
                        << expected[e];
          return;
        }
      }
    });
  }
};

struct Shape {
  int rows, inner, columns, gap;
};
constexpr Shape kShapes[] = {{1, 1, 1, 0},   {4, 16, 16, 0}, {5, 33, 19, 3}, {7, 7, 40, 0},
                             {3, 65, 17, 1}, {8, 24, 8, 2},  {2, 40, 35, 0}};

using Draw = std::function<double(Samples&, const Format&)>;
struct Distribution {
  const char* name;
  Draw operand, addend;
};

double draw_any(Samples& samples, const Format& format) { return samples.any(format); }
double draw_moderate(Samples& samples, const Format& format) { return samples.moderate(format); }
double draw_subnormal(Samples& samples, const Format& format) {
  return samples.value(format, format.lsb_min(), format.min_exponent + 1);
}
double draw_zero(Samples& samples, const Format&) { return samples.chance(2) ? 0.0 : -0.0; }
double draw_positive_zero(Samples&, const Format&) { return 0.0; }
// Products about 2^e: near the smallest alignment exponent, or near the end of fp32's normal range.
Draw draw_near(int e) {
  return [e](Samples& samples, const Format& format) {
    const int low = std::max(e - 8, format.lsb_min()), high = std::min(e + 3, format.max_exponent);
    return low <= high ? samples.value(format, low, high) : samples.any(format);
  };
}
double draw_sparse(Samples& samples, const Format& format) { return samples.chance(6) ? samples.any(format) : 0.0; }
double draw_special(Samples& samples, const Format& format) {
  const double specials[] = {INFINITY, -INFINITY, NAN, 0.0, -0.0};
  if (!samples.chance(25)) return samples.any(format);
  return specials[samples.integer(format.overflow == Overflow::infinity ? 0 : 2, 4)];
}

const std::vector<Distribution>& distributions() {
  static const std::vector<Distribution> all{{"wide", draw_any, draw_any},
                                             {"moderate", draw_moderate, draw_moderate},
                                             {"subnormal operands", draw_subnormal, draw_subnormal},
                                             {"tiny products onto zero", draw_near(-66), draw_positive_zero},
                                             {"tiny products onto negative zero", draw_near(-66), draw_zero},
                                             {"tiny products onto subnormal", draw_near(-64), draw_subnormal},
                                             {"near the least normal number", draw_near(-62), draw_near(-126)},
                                             {"near the largest number", draw_near(63), draw_near(126)},
                                             {"sparse onto zero", draw_sparse, draw_positive_zero},
                                             {"sparse onto anything", draw_sparse, draw_any},
                                             {"nothing but zeros", draw_zero, draw_any},
                                             {"nothing at all", draw_zero, draw_zero},
                                             {"not finite", draw_special, draw_special}};
  return all;
}

void check_unit(const std::string& name, const Format& operand, const Accumulation& accumulation, int repeats) {
  Samples samples(hash_text(name));
  for (const Distribution& distribution : distributions()) {
    for (int repeat = 0; repeat < repeats; ++repeat) {
      for (const Shape& shape : kShapes) {
        UnitCase product{name + ", " + distribution.name,
                         operand,
                         accumulation,
                         shape.rows,
                         shape.inner,
                         shape.columns,
                         shape.gap,
                         {},
                         {},
                         {}};
        const auto fill = [&](std::vector<float>& values, int count, const Draw& draw, const Format& format) {
          for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(draw(samples, format)));
        };
        fill(product.a, shape.rows * shape.inner, distribution.operand, operand);
        fill(product.b, shape.inner * shape.columns, distribution.operand, operand);
        fill(product.c, shape.rows * shape.columns, distribution.addend, accumulation.format);
        product.check();
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(MatrixUnit, every_named_unit_agrees_with_the_integer_oracle) {
  int units = 0;
  for (const UnitPreset& preset : unit_presets()) {
    if (preset.model != AccumulationModel::matrix_unit) continue;
    const Arithmetic arithmetic = make_arithmetic(preset.name, Json::object(), "test");
    check_unit(preset.name, arithmetic.operand, arithmetic.product, 2);
    ++units;
  }
  EXPECT_GE(units, 20);
}

TEST(MatrixUnit, sums_in_fp16_agree_with_the_integer_oracle) {
  for (const char* name : {"fp16-h100", "fp16-a100", "fp16-v100", "fp8-h100", "e5m2-h100", "fp16-cdna3"}) {
    const Arithmetic arithmetic = make_arithmetic(name, {{"accumulate", "fp16"}}, "test");
    ASSERT_EQ(arithmetic.product.rounding, Rounding::nearest_even) << name;
    check_unit(std::string(name) + " in fp16", arithmetic.operand, arithmetic.product, 2);
  }
}

// The model's parameters, beyond the machines that have names.
TEST(MatrixUnit, other_parameters_agree_with_the_integer_oracle) {
  struct Parameters {
    const char *operand, *format;
    int terms, fraction_bits, lowest;
    bool floor;
    Rounding rounding;
  };
  constexpr Rounding kZero = Rounding::toward_zero, kEven = Rounding::nearest_even;
  for (const Parameters& p : {Parameters{"bf16", "fp32", 1, 25, -133, false, kZero},
                              {"bf16", "fp32", 64, 20, -133, false, kZero},
                              {"fp16", "fp32", 64, 25, -133, false, kEven},
                              {"tf32", "fp32", 5, 31, -140, false, kEven},
                              {"bf16", "fp32", 7, 10, -120, true, kZero},
                              {"tf32", "fp32", 8, 25, -400, false, kZero},
                              {"bf16", "fp32", 8, 25, -120, false, kZero},  // cuts what is subnormal
                              {"bf16", "fp32", 16, 25, -400, true, kEven},
                              {"fp16", "bf16", 16, 12, -133, false, kEven},
                              {"fp32", "fp32", 8, 25, -133, false, kZero},
                              {"fp32", "fp32", 16, 40, -133, true, kEven},
                              {"tf32", "fp16", 16, 40, -133, false, kEven},
                              {"fp16", "bf16", 64, 40, -133, true, kZero},
                              {"fp32", "e8m13", 3, 44, -250, false, kZero},
                              {"fp16", "fp32", 80, 25, -133, false, kEven},
                              {"bf16", "fp32", 16, 45, -133, false, kZero},
                              {"bf16", "tf32", 16, 1, -133, false, kZero},
                              {"e4m3", "e8m13", 32, 13, -133, true, kZero}}) {
    Accumulation accumulation;
    accumulation.format = format_of(p.format, "test");
    accumulation.rounding = p.rounding;
    accumulation.model = AccumulationModel::matrix_unit;
    accumulation.unit.terms = p.terms;
    accumulation.unit.fraction_bits = p.fraction_bits;
    accumulation.unit.lowest_exponent = p.lowest;
    accumulation.unit.addend_floor = p.floor;
    check_unit(std::string(p.operand) + " to " + p.format + ", " + std::to_string(p.terms) + " terms, F " +
                   std::to_string(p.fraction_bits) + ", e* from " + std::to_string(p.lowest),
               format_of(p.operand, "test"), accumulation, 1);
  }
}

// Block recursions multiply triangles: whole groups are zero for some rows and not for others.
TEST(MatrixUnit, triangles_agree_with_the_oracle_whether_zeros_are_skipped) {
  for (const char* name :
       {"bf16-h100", "fp16-a100", "tf32-h100", "fp16-v100", "fp8-h100", "bf16-cdna3", "fp16-ascend910b"}) {
    const Arithmetic arithmetic = make_arithmetic(name, Json::object(), "test");
    Samples samples(hash_text(name) + 1);
    for (const int n : {5, 16, 31, 48, 64}) {
      for (const int corner : {0, 1, 2}) {
        UnitCase product{
            std::string(name) + " triangular", arithmetic.operand, arithmetic.product, n, n, n, 0, {}, {}, {}};
        for (int i = 0; i < n; ++i) {
          for (int j = 0; j < n; ++j) {
            const bool left = corner == 0 ? j < i : j <= i, right = corner == 1 ? j > i : j < i;
            const auto draw = [&](bool kept) {
              return static_cast<float>(kept ? samples.moderate(arithmetic.operand) : 0.0);
            };
            product.a.push_back(draw(left));
            product.b.push_back(draw(right));
            const double c = corner == 2 ? 0.0 : samples.moderate(arithmetic.product.format);
            product.c.push_back(static_cast<float>(c == 0 ? 0.0 : c));
          }
        }
        ASSERT_TRUE(product.may_skip());
        product.check();
      }
    }
  }
}

}  // namespace tristab::matrix_unit_test
