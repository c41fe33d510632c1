#include "tristab/layer/product_unit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tristab/base/json.h"

namespace tristab::product_unit_test {

class ProductUnitTest : public testing::Test {
 protected:
  Machines machines_;
  const Arithmetic bf16_ = make_arithmetic("bf16", Json::object(), "test");
  const Arithmetic fp32_ = make_arithmetic("fp32", Json::object(), "test");
};

TEST_F(ProductUnitTest, products_round_operands_on_entry_and_sum_in_the_accumulator) {
  Matrix p(3, 5), q(5, 2), c(3, 2);
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 5; ++k) p(i, k) = static_cast<float>(std::sin(1.0 + i * 5 + k));
    for (int j = 0; j < 2; ++j) c(i, j) = static_cast<float>(std::cos(2.0 + i + j));
  }
  for (int k = 0; k < 5; ++k) {
    for (int j = 0; j < 2; ++j) q(k, j) = static_cast<float>(std::cos(0.5 + k * 2 + j));
  }
  const ProductUnit unit(machines_.machine_for(bf16_), bf16_);
  const Matrix product = unit.product(c, p, q);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j) {
      auto sum = static_cast<float>(c(i, j));
      for (int k = 0; k < 5; ++k)
        sum += static_cast<float>(unit.stored(p(i, k))) * static_cast<float>(unit.stored(q(k, j)));
      EXPECT_EQ(product(i, j), static_cast<double>(sum));
    }
  }
}

TEST_F(ProductUnitTest, running_sums_in_order_and_in_groups_as_a_gpu_scans_them) {
  Matrix g(7, 1);
  for (int i = 0; i < 7; ++i) g(i, 0) = static_cast<float>(-0.1 - 0.37 * i);
  const ProductUnit unit(machines_.machine_for(fp32_), fp32_);
  const Matrix sequential = unit.running_sums(g, 0), scanned = unit.running_sums(g, 4);
  const auto at = [&](int i) { return static_cast<float>(g(i, 0)); };
  float sum = at(0);
  for (int i = 1; i < 7; ++i) {
    sum += at(i);
    EXPECT_EQ(sequential(i, 0), static_cast<double>(sum));
  }
  // Four rows: pairs first, then two apart; the next group starts from their sum.
  const float first = (at(3) + at(2)) + (at(1) + at(0));
  EXPECT_EQ(scanned(3, 0), static_cast<double>(first));
  EXPECT_EQ(scanned(5, 0), static_cast<double>(first + (at(5) + at(4))));
  EXPECT_EQ(scanned(6, 0), static_cast<double>(first + ((at(6) + at(5)) + at(4))));
}

TEST_F(ProductUnitTest, fused_multiply_add_rounds_once) {
  const ProductUnit unit(machines_.machine_for(fp32_), fp32_);
  for (int i = 1; i < 2000; ++i) {
    const auto x = static_cast<float>(std::sin(i)), y = static_cast<float>(std::cos(3 * i)),
               z = static_cast<float>(std::sin(7 * i) * (i % 3 == 0 ? 1e-7 : 1));
    EXPECT_EQ(unit.fused(x, y, z), static_cast<double>(std::fma(x, y, z)));
  }
}

TEST_F(ProductUnitTest, powers_are_rounded_once) {
  const ProductUnit natural(machines_.machine_for(fp32_), fp32_),
      binary(machines_.machine_for(fp32_), fp32_, Exponential::binary);
  for (int i = -80; i < 80; ++i) {
    const double x = static_cast<float>(i + 0.377);
    EXPECT_EQ(natural.power(x), static_cast<double>(static_cast<float>(std::exp(x))));
    EXPECT_EQ(binary.power(x), static_cast<double>(static_cast<float>(std::exp2(x))));
  }
  EXPECT_TRUE(std::isinf(natural.power(89)));
  EXPECT_TRUE(std::isinf(binary.power(128)));
  EXPECT_EQ(natural.power(-200), 0.0);
}

}  // namespace tristab::product_unit_test
