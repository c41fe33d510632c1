// Roundings of operands and sums on the way through a product, on every SIMD level: MPFR rounds the operands, does
// every operation, and rounds the sums.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/bits.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/base/random.h"

namespace tristab {
namespace {

struct Shape {
  int rows, inner, columns, gap;
};
// Whole tiles of both widths, single rows, a last vector that is not full, and sums shorter than a vector.
constexpr Shape kShapes[] = {{4, 16, 64, 0},  {9, 37, 83, 3}, {1, 5, 17, 1},
                             {6, 33, 150, 2}, {5, 3, 7, 0},   {4, 1, 80, 5}};

constexpr float kUntouched = 77;  // in the gaps
constexpr auto kNearest = Rounding::nearest_even;

struct RoundedCase {
  Format operand, sums;  // to which operands and sums are rounded
  bool rounds_sums;
  Accumulation accumulation;
  Shape shape;
  std::vector<double> a, b, c;  // fp32 values

  static std::size_t at(int i, int j, int width) { return static_cast<std::size_t>(i * width + j); }

  std::vector<double> truth(MpfrOracle& oracle) const {
    const Format& format = accumulation.format;
    std::vector<double> result = c;
    for (int i = 0; i < shape.rows; ++i) {
      for (int j = 0; j < shape.columns; ++j) {
        double& sum = result[at(i, j, shape.columns)];
        for (int k = 0; k < shape.inner; ++k) {
          const double x = oracle.convert(a[at(i, k, shape.inner)], operand, kNearest);
          const double y = oracle.convert(b[at(k, j, shape.columns)], operand, kNearest);
          sum = accumulation.fma ? oracle.fma(x, y, sum, format, kNearest)
                                 : oracle.add(sum, oracle.multiply(x, y, format, kNearest), format, kNearest);
        }
        if (rounds_sums) sum = oracle.convert(sum, sums, kNearest);
      }
    }
    return result;
  }

  std::vector<double> computed(bool finite, bool skip_zeros, bool from_zero) const {
    const auto spread = [this](const std::vector<double>& from, int count, int width) {
      std::vector<float> to(static_cast<std::size_t>(count * (width + shape.gap)), kUntouched);
      for (int i = 0; i < count; ++i) {
        for (int j = 0; j < width; ++j)
          to[at(i, j, width + shape.gap)] = static_cast<float>(from[at(i, j, width)]);
      }
      return to;
    };
    const std::vector<float> left = spread(a, shape.rows, shape.inner),
                             right = spread(b, shape.inner, shape.columns);
    std::vector<float> sum =
        spread(from_zero ? std::vector<double>(c.size(), kNaN) : c, shape.rows, shape.columns);
    ProductTask<float> task = dense_task<float>(left.data(), right.data(), sum.data(), shape.rows,
                                                shape.inner, shape.columns, operand);
    task.a_stride = shape.inner + shape.gap;
    task.b_stride = task.accumulator_stride = shape.columns + shape.gap;
    task.finite = finite;
    task.skip_zeros = skip_zeros;
    task.from_zero = from_zero;
    task.round_operands = &operand;
    if (rounds_sums) task.round_sums = &sums;
    accumulate_product(task, accumulation);
    std::vector<double> result;
    for (int i = 0; i < shape.rows; ++i) {
      const auto row = sum.begin() + i * (shape.columns + shape.gap);
      result.insert(result.end(), row, row + shape.columns);
      for (int j = shape.columns; j < shape.columns + shape.gap; ++j) EXPECT_EQ(row[j], kUntouched);
    }
    return result;
  }

  void check(MpfrOracle& oracle, bool finite, bool skip_zeros, bool from_zero) const {
    const std::vector<double> expected = truth(oracle);
    for_each_simd_level([&](const char* level) {
      const std::vector<double> result = computed(finite, skip_zeros, from_zero);
      for (std::size_t e = 0; e < result.size(); ++e) {
        if (same_bits(result[e], expected[e])) continue;
        ADD_FAILURE() << operand.name << ", sums " << accumulation.format.name
                      << (accumulation.fma ? " fma" : " separate") << (rounds_sums ? ", rounded" : "")
                      << (skip_zeros ? ", skipping" : "") << ", " << shape.rows << " x " << shape.inner
                      << " x " << shape.columns << ", " << level << ", element " << e << ": " << std::hexfloat
                      << result[e] << ", expected " << expected[e];
        return;
      }
    });
  }
};

enum class Values { moderate, ties, any, tiny_last_rows, lower_end, upper_end, special, triangular };

// An fp32 value for element (i, j) of an operand to be rounded to `format`.
double draw(Samples& samples, const Format& format, Values values, bool left, int i, int j) {
  switch (values) {
    case Values::moderate:
      return samples.moderate(fp32_format());
    case Values::ties: {  // halfway between neighbours of the format, in the subnormal range too
      const double value = samples.moderate(format);
      return value + std::ldexp(1.0, std::max(std::ilogb(value), format.min_exponent) - format.precision);
    }
    case Values::any:
      return samples.any(fp32_format());
    case Values::tiny_last_rows:  // products of the first rows are floats, of the others not
      return !left || i >= 5 ? samples.value(fp32_format(), -78, -60) : samples.value(fp32_format(), -2, 2);
    case Values::lower_end:  // the last bits of products lie at and below the smallest float
      return samples.value(fp32_format(), -69, -67);
    case Values::upper_end:  // products lie at and beyond the largest one
      return samples.value(fp32_format(), 62, 64);
    case Values::special: {
      const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0};
      return samples.chance(20) ? specials[samples.integer(0, 4)] : samples.moderate(fp32_format());
    }
    case Values::triangular:
      break;
  }
  if (j < i) return samples.moderate(fp32_format());
  return samples.chance(2) ? 0.0 : -0.0;
}

void check_format(const char* name, const Accumulation& accumulation) {
  const Format operand = format_of(name, "test");
  Samples samples(hash_text(name) + static_cast<std::uint64_t>(accumulation.fma));
  MpfrOracle oracle;
  for (const Shape& shape : kShapes) {
    for (const Values values : {Values::moderate, Values::ties, Values::any, Values::tiny_last_rows,
                                Values::lower_end, Values::upper_end, Values::special, Values::triangular}) {
      for (const bool rounds_sums : {false, true}) {
        RoundedCase product{operand, operand, rounds_sums, accumulation, shape, {}, {}, {}};
        for (int i = 0; i < shape.rows; ++i) {
          for (int k = 0; k < shape.inner; ++k)
            product.a.push_back(draw(samples, operand, values, true, i, k));
          for (int j = 0; j < shape.columns; ++j) {
            if (rounds_sums || accumulation.format != fp32_format()) {
              product.c.push_back(0.0);
            } else if (values == Values::lower_end) {  // where the last bit of a product decides
              product.c.push_back(samples.value(fp32_format(), -140, -130));
            } else {
              product.c.push_back(draw(samples, operand, Values::moderate, true, i, j));
            }
          }
        }
        for (int k = 0; k < shape.inner; ++k) {
          for (int j = 0; j < shape.columns; ++j)
            product.b.push_back(draw(samples, operand, values, false, k, j));
        }
        const bool finite = values != Values::special && values != Values::any &&
                            (values != Values::upper_end || operand.max_exponent == 127);
        product.check(oracle, finite, values == Values::triangular, rounds_sums);
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(RoundedProduct, operands_and_sums_are_rounded_around_sums_in_fp32) {
  for (const char* name : {"fp16", "bf16", "tf32"}) {
    for (const bool fma : {false, true}) check_format(name, {fp32_format(), kNearest, fma});
  }
}

// Formats and accumulations without a kernel that rounds on the way.
TEST(RoundedProduct, operands_and_sums_are_rounded_around_every_product) {
  for (const char* name : {"e4m3", "e8m12", "e5m7"}) check_format(name, {fp32_format(), kNearest, false});
  for (const char* name : {"fp16", "bf16", "e8m12"}) {
    for (const bool fma : {false, true}) check_format(name, {format_of(name, "test"), kNearest, fma});
  }
}

TEST(RoundedProduct, sums_may_have_another_format_than_operands) {
  MpfrOracle oracle;
  Samples samples(5);
  for (const auto& [operand, sums] : {std::pair{"fp16", "bf16"}, {"bf16", "fp16"}, {"tf32", "e5m2"}}) {
    for (const Shape& shape : kShapes) {
      RoundedCase product{
          format_of(operand, "test"), format_of(sums, "test"), true, {fp32_format()}, shape, {}, {}, {}};
      for (int i = 0; i < shape.rows * shape.inner; ++i) product.a.push_back(samples.moderate(fp32_format()));
      for (int i = 0; i < shape.inner * shape.columns; ++i)
        product.b.push_back(samples.moderate(fp32_format()));
      product.c.assign(static_cast<std::size_t>(shape.rows * shape.columns), 0.0);
      product.check(oracle, true, false, true);
    }
  }
}

}  // namespace
}  // namespace tristab
