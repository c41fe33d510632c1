// The accumulation models without vector kernels of their own: the balanced tree against MPFR operation by
// operation, the exact sum against MPFR's exact one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "support/bits.h"
#include "support/exact_dot.h"
#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "support/simd_levels.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/base/random.h"

namespace tristab::dot_models_test {

struct Shape {
  int rows, inner, columns;
};
constexpr Shape kShapes[] = {{1, 1, 1}, {2, 2, 3}, {3, 7, 5}, {2, 16, 17}, {1, 33, 9}, {4, 64, 2}};

template <class Carrier>
struct Product {
  Shape shape{};
  Format operand;
  Accumulation accumulation;
  std::vector<Carrier> a, b, c;

  std::vector<Carrier> computed() const {
    std::vector<Carrier> sums = c;
    ProductTask<Carrier> task =
        dense_task<Carrier>(a.data(), b.data(), sums.data(), shape.rows, shape.inner, shape.columns, operand);
    accumulate_product(task, accumulation);
    return sums;
  }

  // truth(a row, b column, c)
  void check(const std::function<double(const std::vector<double>&, const std::vector<double>&, double)>& truth) const {
    std::vector<double> expected;
    for (int i = 0; i < shape.rows; ++i) {
      for (int j = 0; j < shape.columns; ++j) {
        std::vector<double> row, column;
        for (int k = 0; k < shape.inner; ++k) {
          row.push_back(static_cast<double>(a[static_cast<std::size_t>(i * shape.inner + k)]));
          column.push_back(static_cast<double>(b[static_cast<std::size_t>(k * shape.columns + j)]));
        }
        expected.push_back(truth(row, column, static_cast<double>(c[static_cast<std::size_t>(i * shape.columns + j)])));
      }
    }
    for_each_simd_level([&](const char* level) {
      const std::vector<Carrier> sums = computed();
      for (std::size_t e = 0; e < sums.size(); ++e) {
        ASSERT_PRED_FORMAT2(bits_equal, static_cast<double>(sums[e]), expected[e])
            << operand.name << " to " << accumulation.format.name << ' ' << name_of(accumulation.rounding)
            << ", k = " << shape.inner << ", " << level;
      }
    });
  }
};

double draw(Samples& samples, const Format& format, int kind) {
  const double specials[] = {kInfinity, -kInfinity, kNaN, 0.0, -0.0};
  switch (kind) {
    case 0:
      return samples.moderate(format);
    case 1:
      return samples.any(format);
    case 2:
      return samples.chance(2) ? 0.0 : -0.0;
    default:
      return samples.chance(20) ? specials[samples.integer(0, 4)] : samples.any(format);
  }
}

template <class Carrier>
void for_each_product(const char* operand_name, const char* format_name, AccumulationModel model,
                      const std::function<void(const Product<Carrier>&)>& check) {
  const Format operand = format_of(operand_name, "test"), format = format_of(format_name, "test");
  Samples samples(hash_text(std::string(operand_name) + format_name));
  for (const Rounding rounding : kAllRoundings) {
    for (const Shape& shape : kShapes) {
      for (int kind = 0; kind < 4; ++kind) {
        Product<Carrier> product;
        product.shape = shape;
        product.operand = operand;
        product.accumulation = {format, rounding, false, model, {}};
        const auto fill = [&](std::vector<Carrier>& values, int count, const Format& from) {
          for (int i = 0; i < count; ++i) values.push_back(static_cast<Carrier>(draw(samples, from, kind)));
        };
        fill(product.a, shape.rows * shape.inner, operand);
        fill(product.b, shape.inner * shape.columns, operand);
        fill(product.c, shape.rows * shape.columns, format);
        check(product);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

// fl(a_k b_k) at the leaves; neighbours are added until one is left, an odd last one moves up; fl(c + that).
double balanced_tree(MpfrOracle& oracle, const Accumulation& accumulation, const std::vector<double>& a,
                     const std::vector<double>& b, double c) {
  const Format& format = accumulation.format;
  std::vector<double> level;
  for (std::size_t k = 0; k < a.size(); ++k)
    level.push_back(oracle.multiply(a[k], b[k], format, accumulation.rounding));
  while (level.size() > 1) {
    std::vector<double> next;
    for (std::size_t k = 0; k + 1 < level.size(); k += 2)
      next.push_back(oracle.add(level[k], level[k + 1], format, accumulation.rounding));
    if (level.size() % 2 != 0) next.push_back(level.back());
    level = next;
  }
  return oracle.add(c, level.front(), format, accumulation.rounding);
}

template <class Carrier>
void check_tree(const char* operand, const char* format) {
  MpfrOracle oracle;
  for_each_product<Carrier>(operand, format, AccumulationModel::pairwise, [&](const Product<Carrier>& product) {
    product.check([&](const std::vector<double>& a, const std::vector<double>& b, double c) {
      return balanced_tree(oracle, product.accumulation, a, b, c);
    });
  });
}

TEST(DotModels, balanced_trees_agree_with_mpfr) {
  check_tree<float>("fp16", "fp32");
  check_tree<float>("bf16", "fp32");
  check_tree<float>("fp16", "fp16");
  check_tree<float>("bf16", "bf16");
  check_tree<float>("tf32", "tf32");
  check_tree<float>("e4m3", "e4m3");
  check_tree<float>("e5m2", "fp16");
  check_tree<double>("fp32", "e9m50");
  check_tree<double>("bf16", "fp32");
}

// Operands of more bits than the sums: products next to a tie of bf16, closer to it than fp32 can tell.
TEST(DotModels, balanced_trees_round_products_of_wide_operands_once) {
  constexpr Rounding kNearest = Rounding::nearest_even;
  const Format operand = fp32_format(), format = format_of("bf16", "test");
  MpfrOracle oracle;
  Samples samples(8);
  std::vector<float> right(37), sums(37);
  for (int repeat = 0; repeat < 40; ++repeat) {
    const auto left = static_cast<float>(samples.value(operand, 0, 0));
    for (std::size_t j = 0; j < right.size(); ++j) right[j] = (0x1.01p0F + static_cast<float>(j) * 0x1p-7F) / left;
    for_each_simd_level([&](const char* level) {
      std::fill(sums.begin(), sums.end(), 0.0F);
      accumulate_product(dense_task<float>(&left, right.data(), sums.data(), 1, 1, 37, operand),
                         Accumulation{format, kNearest, false, AccumulationModel::pairwise});
      for (std::size_t j = 0; j < right.size(); ++j) {
        const double expected = oracle.multiply(left, right[j], format, kNearest);
        EXPECT_EQ(static_cast<double>(sums[j]), expected) << level << ", " << left << " x " << right[j];
      }
    });
  }
}

template <class Carrier>
void check_exact(const char* operand, const char* format) {
  ExactDot dot;
  for_each_product<Carrier>(operand, format, AccumulationModel::exact, [&](const Product<Carrier>& product) {
    product.check([&](const std::vector<double>& a, const std::vector<double>& b, double c) {
      dot.clear();
      dot.add(c);
      for (std::size_t k = 0; k < a.size(); ++k) dot.add_product(a[k], b[k]);
      return dot.rounded(product.accumulation.format, product.accumulation.rounding);
    });
  });
}

TEST(DotModels, exact_sums_are_rounded_once) {
  check_exact<float>("fp16", "fp32");
  check_exact<float>("bf16", "fp32");
  check_exact<float>("fp32", "fp32");
  check_exact<float>("fp16", "fp16");
  check_exact<float>("bf16", "bf16");
  check_exact<float>("e4m3", "e4m3");
  check_exact<float>("fp16", "fp16-saturate-flush");
  check_exact<double>("fp64", "fp64");
  check_exact<double>("fp64", "fp32");
  check_exact<double>("fp32", "e9m50");
}

// 2^60 + 1 - 2^60 keeps its 1 in the exact sum alone.
TEST(DotModels, the_order_of_a_sum_is_part_of_its_model) {
  const auto sum = [](AccumulationModel model) {
    Product<float> product;
    product.shape = {1, 4, 1};
    product.operand = format_of("bf16", "test");
    product.accumulation = {fp32_format(), Rounding::nearest_even, false, model, {}};
    product.a = {0x1p60F, 1, -0x1p60F, 1};
    product.b = {1, 1, 1, 1};
    product.c = {0};
    return product.computed()[0];
  };
  EXPECT_EQ(sum(AccumulationModel::exact), 2);
  EXPECT_EQ(sum(AccumulationModel::sequential), 1);
  EXPECT_EQ(sum(AccumulationModel::pairwise), 0);
}

}  // namespace tristab::dot_models_test
