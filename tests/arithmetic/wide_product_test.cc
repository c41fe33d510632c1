// Products of doubles: fp64 and fp32 accumulators in every deterministic rounding, multiply-add and fused, against
// MPFR's exact sums step by step.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/bits.h"
#include "support/exact_dot.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/base/random.h"

namespace tristab::wide_product_test {

struct Shape {
  int rows, inner, columns;
};

double draw(Samples& samples, const Format& format, int kind) {
  const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0};
  switch (kind) {
    case 0:
      return samples.moderate(format);
    case 1:
      return samples.any(format);
    case 2:
      return samples.value(format, std::max(-560, format.lsb_min()), std::max(-500, format.min_exponent));
    default:
      return samples.chance(9) ? specials[samples.integer(0, 4)] : samples.any(format);
  }
}

void check(const char* operand_name, const char* format_name) {
  const Format operand = format_of(operand_name, "test"), format = format_of(format_name, "test");
  Samples samples(hash_text(std::string(format_name) + operand_name));
  ExactDot dot;
  for (const Rounding mode : kAllRoundings) {
    for (const bool fma : {false, true}) {
      for (const Shape& shape : {Shape{1, 9, 13}, Shape{5, 3, 4}, Shape{4, 12, 17}}) {
        const int rows = shape.rows, inner = shape.inner, columns = shape.columns;
        for (int kind = 0; kind < 4; ++kind) {
          std::vector<double> a, b, c;
          for (int i = 0; i < rows * inner; ++i) a.push_back(draw(samples, operand, kind));
          for (int i = 0; i < inner * columns; ++i) b.push_back(draw(samples, operand, kind));
          for (int i = 0; i < rows * columns; ++i) c.push_back(draw(samples, format, kind));
          std::vector<double> expected = c;
          for (int i = 0; i < rows; ++i) {
            for (int j = 0; j < columns; ++j) {
              double& sum = expected[static_cast<std::size_t>(i * columns + j)];
              for (int k = 0; k < inner; ++k) {
                const double x = a[static_cast<std::size_t>(i * inner + k)];
                const double y = b[static_cast<std::size_t>(k * columns + j)];
                dot.clear();
                if (fma) {
                  dot.add(sum);
                  dot.add_product(x, y);
                } else {
                  dot.add_product(x, y);
                  const double product = dot.rounded(format, mode);
                  dot.clear();
                  dot.add(sum);
                  dot.add(product);
                }
                sum = dot.rounded(format, mode);
              }
            }
          }
          for_each_simd_level([&](const char* level) {
            std::vector<double> sums = c;
            ProductTask<double> task =
                dense_task<double>(a.data(), b.data(), sums.data(), rows, inner, columns, operand);
            accumulate_product(task, Accumulation{format, mode, fma});
            for (std::size_t e = 0; e < sums.size(); ++e) {
              ASSERT_PRED_FORMAT2(bits_equal, sums[e], expected[e])
                  << operand_name << " to " << format_name << (fma ? " fma " : " separate ") << name_of(mode)
                  << ", kind " << kind << ", " << level;
            }
          });
          if (::testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(WideProduct, fp64_sums_are_rounded_in_every_mode) { check("fp64", "fp64"); }
TEST(WideProduct, fp32_sums_of_fp64_products_are_rounded_in_every_mode) { check("fp64", "fp32"); }
TEST(WideProduct, fp32_sums_are_rounded_in_every_mode) { check("fp32", "fp32"); }
TEST(WideProduct, fp64_sums_of_fp32_products_are_rounded_in_every_mode) { check("fp32", "fp64"); }

}  // namespace tristab::wide_product_test
