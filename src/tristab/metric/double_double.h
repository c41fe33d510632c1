// Error-free transformations, and rows of double-double sums, in plain IEEE operations (no fused multiply-add: slow
// where the hardware has none). Dekker 1971; Ogita, Rump and Oishi, Accurate Sum and Dot Product, 2005.
#pragma once

#include "tristab/matrix/matrix.h"

namespace tristab {

struct DoubleDouble {
  double high, low;
};

// high + low = a + b exactly, high = fl(a + b). Knuth.
constexpr DoubleDouble two_sum(double a, double b) {
  const double high = a + b;
  const double part = high - a;
  return {high, (a - (high - part)) + (b - part)};
}

// a = high + low, each of at most 26 bits. Veltkamp; |a| < 2^995.
constexpr DoubleDouble split(double a) {
  const double shifted = 134217729.0 * a;  // 2^27 + 1
  const double high = shifted - (shifted - a);
  return {high, a - high};
}

// high + low = a b exactly, high = fl(a b), barring underflow and overflow. Dekker.
constexpr DoubleDouble two_product(double a, double b) {
  const double high = a * b;
  const DoubleDouble x = split(a), y = split(b);
  return {high, ((x.high * y.high - high) + x.high * y.low + x.low * y.high) + x.low * y.low};
}

// A matrix of double-doubles (high + low), or of doubles if `low` is empty.
struct ExtendedMatrix {
  Matrix high, low;

  ExtendedMatrix() = default;
  ExtendedMatrix(int rows, int columns, bool extended)
      : high(rows, columns), low(extended ? Matrix(rows, columns) : Matrix()) {}
  bool extended() const { return low.rows() > 0; }
};

// sums_j += factor * x_j for j < size, in plain double.
inline void add_multiple(double factor, const double* x, int size, double* sums) {
  for (int j = 0; j < size; ++j) sums[j] += factor * x[j];
}

// The same in twofold precision (Dot2 of Ogita, Rump and Oishi): sums_high + sums_low.
inline void add_multiple_twofold(double factor, const double* x, int size, double* sums_high, double* sums_low) {
  for (int j = 0; j < size; ++j) {
    const DoubleDouble product = two_product(factor, x[j]);
    const DoubleDouble sum = two_sum(sums_high[j], product.high);
    sums_high[j] = sum.high;
    sums_low[j] += sum.low + product.low;
  }
}

}  // namespace tristab
