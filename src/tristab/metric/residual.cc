#include "tristab/metric/residual.h"

#include <cmath>
#include <cstddef>
#include <numeric>

#include "tristab/metric/kernels.h"

namespace tristab {
namespace {

// Xh - I. Subtracting 1 is exact if the computed diagonal is near 1; otherwise `low` keeps the rounding error.
ExtendedMatrix subtract_identity(const Matrix& computed, bool extended) {
  const int n = computed.rows();
  ExtendedMatrix r;
  r.high = computed;
  if (extended) r.low = Matrix(n, n);
  for (int i = 0; i < n; ++i) {
    const DoubleDouble difference = two_sum(computed(i, i), -1.0);
    r.high(i, i) = difference.high;
    if (extended) r.low(i, i) = difference.low;
  }
  return r;
}

void add_multiple_to_row(double factor, const double* x, int size, ExtendedMatrix& r, int i) {
  if (factor != 0) add_multiple_twofold(factor, x, size, r.high.row(i), r.low.row(i));
}

// Makes high = fl(high + low) and low the remainder.
void normalise(ExtendedMatrix& r) {
  for (std::size_t k = 0; k < r.high.values().size(); ++k) {
    const DoubleDouble sum = two_sum(r.high.values()[k], r.low.values()[k]);
    r.high.values()[k] = sum.high;
    r.low.values()[k] = sum.low;
  }
}

// Of a strictly lower triangular matrix.
std::vector<int> strict_extents(int n) {
  std::vector<int> extents(static_cast<std::size_t>(n));
  std::iota(extents.begin(), extents.end(), 0);
  return extents;
}

}  // namespace

std::vector<int> row_extents(const Matrix& m) {
  std::vector<int> extents(static_cast<std::size_t>(m.rows()));
  for (int i = 0; i < m.rows(); ++i) extents[static_cast<std::size_t>(i)] = row_extent(m.row(i), m.columns());
  return extents;
}

ExtendedMatrix residual_left(const Matrix& computed, const std::vector<int>& extents, const Matrix& a, bool extended) {
  const int n = a.rows();
  ExtendedMatrix r = subtract_identity(computed, extended);
  if (!extended) {
    add_products(computed, extents, a, strict_extents(n), false, r.high);
    return r;
  }
  for (int i = 0; i < n; ++i) {
    for (int k = 1; k < extents[static_cast<std::size_t>(i)]; ++k)
      add_multiple_to_row(computed(i, k), a.row(k), k, r, i);
  }
  normalise(r);
  return r;
}

ExtendedMatrix residual_right(const Matrix& computed, const std::vector<int>& extents, const Matrix& a, bool extended) {
  const int n = a.rows();
  ExtendedMatrix r = subtract_identity(computed, extended);
  if (!extended) {
    add_products(a, strict_extents(n), computed, extents, false, r.high);
    return r;
  }
  for (int i = 1; i < n; ++i) {
    for (int k = 0; k < i; ++k)
      add_multiple_to_row(a(i, k), computed.row(k), extents[static_cast<std::size_t>(k)], r, i);
  }
  normalise(r);
  return r;
}

Matrix residual_scale(const Matrix& computed, const std::vector<int>& extents, const Matrix& a) {
  Matrix scale = computed;
  for (double& x : scale.values()) x = std::fabs(x);
  add_products(a, strict_extents(a.rows()), computed, extents, true, scale);
  return scale;
}

}  // namespace tristab
