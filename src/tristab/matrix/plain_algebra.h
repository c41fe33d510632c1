// Small matrices in double by plain loops, for what must share nothing with the emulated methods.
#pragma once

#include <algorithm>

#include "tristab/matrix/matrix.h"

namespace tristab {

// The leading count x count block.
inline Matrix leading_block(const Matrix& x, int count) {
  if (count == x.rows()) return x;
  Matrix block(count, count);
  for (int i = 0; i < count; ++i) std::copy_n(x.row(i), count, block.row(i));
  return block;
}

// x y, sums in ascending k; entries above the diagonal count too.
inline Matrix plain_product(const Matrix& x, const Matrix& y) {
  Matrix product(x.rows(), y.columns());
  for (int i = 0; i < x.rows(); ++i) {
    for (int k = 0; k < x.columns(); ++k) {
      const double factor = x(i, k);
      if (factor == 0) continue;
      for (int j = 0; j < y.columns(); ++j) product(i, j) += factor * y(k, j);
    }
  }
  return product;
}

// (I + a)^-1 by rows, a lower triangular with any diagonal d_i != -1.
inline Matrix plain_inverse(const Matrix& a) {
  const int n = a.rows();
  Matrix x(n, n);
  for (int i = 0; i < n; ++i) {
    x(i, i) = 1;
    for (int k = 0; k < i; ++k) {
      const double factor = a(i, k);
      if (factor == 0) continue;
      for (int j = 0; j <= k; ++j) x(i, j) -= factor * x(k, j);
    }
    const double divisor = 1 + a(i, i);
    if (divisor == 1) continue;
    for (int j = 0; j <= i; ++j) x(i, j) /= divisor;
  }
  return x;
}

}  // namespace tristab
