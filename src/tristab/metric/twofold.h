// Sums in twofold precision, row by row. Ogita, Rump and Oishi, Accurate Sum and Dot Product, 2005.
#pragma once

#include "tristab/base/double_double.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

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
