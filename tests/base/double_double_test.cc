#include "tristab/base/double_double.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>

#include "support/exact_matrix.h"

namespace tristab::double_double_test {

using exact::Real;

double random_double(std::mt19937_64& engine) {
  const double fraction = static_cast<double>(engine() >> 11) * 0x1p-53 - 0.5;
  return std::ldexp(fraction, static_cast<int>(engine() % 120) - 60);
}

bool fits_26_bits(double x) {
  int exponent = 0;
  const double significand = std::ldexp(std::frexp(x, &exponent), 26);
  return significand == std::rint(significand);
}

TEST(DoubleDouble, transformations_are_free_of_error) {
  std::mt19937_64 engine(4);
  for (int k = 0; k < 20000; ++k) {
    const double a = random_double(engine), b = random_double(engine);
    const DoubleDouble sum = two_sum(a, b), product = two_product(a, b), parts = split(a);
    EXPECT_EQ(sum.high, a + b);
    EXPECT_TRUE(Real(sum.high) + sum.low == Real(a) + b) << a << ' ' << b;
    EXPECT_EQ(product.high, a * b);
    EXPECT_TRUE(Real(product.high) + product.low == Real(a) * b) << a << ' ' << b;
    EXPECT_EQ(parts.high + parts.low, a);
    EXPECT_TRUE(fits_26_bits(parts.high) && fits_26_bits(parts.low)) << a;
  }
}

}  // namespace tristab::double_double_test
