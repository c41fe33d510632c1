#include "tristab/metric/backward.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "tristab/matrix/norms.h"
#include "tristab/metric/residual.h"

namespace tristab {
namespace {

// The allowed relative error of a reported number, and the unit roundoffs of the two precisions.
constexpr double allowed_error = 1e-3;
constexpr double double_roundoff = 0x1p-53;
constexpr double twofold_roundoff = 0x1p-104;

Undefined shape_problem(const Matrix& computed, const std::vector<int>& extents) {
  for (int i = 0; i < computed.rows(); ++i) {
    if (extents[static_cast<std::size_t>(i)] > i + 1) return Undefined::above_diagonal;
    if (computed(i, i) == 0) return Undefined::zero_diagonal;
  }
  return Undefined::no;
}

// (high + low) / divisor, to double-double.
DoubleDouble divide(double high, double low, double divisor) {
  const double quotient = high / divisor;
  const DoubleDouble product = two_product(quotient, divisor);
  return two_sum(quotient, (((high - product.high) - product.low) + low) / divisor);
}

// Solves Xh D = -R for D by forward substitution, row by row; Xh and R are lower triangular. Overwrites R.
void solve_for_perturbation(const Matrix& computed, ExtendedMatrix& r) {
  const int n = computed.rows();
  for (int i = 0; i < n; ++i) {
    double* high = r.high.row(i);
    double* low = r.extended() ? r.low.row(i) : nullptr;
    for (int j = 0; j <= i; ++j) {
      high[j] = -high[j];
      if (low != nullptr) low[j] = -low[j];
    }
    for (int k = 0; k < i; ++k) {
      const double factor = -computed(i, k);
      if (factor == 0) continue;
      if (low == nullptr) {
        add_multiple(factor, r.high.row(k), k + 1, high);
      } else {
        add_multiple_twofold(factor, r.high.row(k), k + 1, high, low);
        add_multiple(factor, r.low.row(k), k + 1, low);
      }
    }
    for (int j = 0; j <= i; ++j) {
      if (low == nullptr) {
        high[j] /= computed(i, i);
      } else {
        const DoubleDouble quotient = divide(high[j], low[j], computed(i, i));
        high[j] = quotient.high;
        low[j] = quotient.low;
      }
    }
  }
}

// || |L + D| |Xh| ||_inf
double skeel_condition(const Matrix& computed, const Matrix& a, const Matrix& d) {
  const int n = a.rows();
  std::vector<double> row_sums(static_cast<std::size_t>(n));
  double largest = 0;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = 0; j <= i; ++j) sum += std::fabs(computed(i, j));
    row_sums[static_cast<std::size_t>(i)] = sum;
  }
  for (int i = 0; i < n; ++i) {
    double sum = std::fabs(1 + d(i, i)) * row_sums[static_cast<std::size_t>(i)];
    for (int j = 0; j < i; ++j) sum += std::fabs(a(i, j) + d(i, j)) * row_sums[static_cast<std::size_t>(j)];
    largest = max_or_nan(largest, sum);
  }
  return largest;
}

// Undefined if the precision is not enough for the answer: because of Xh's condition, or, if an error of 2^-60 ||L|| is
// ruled out, because the answer is smaller than that.
InversePerturbation attempt(const Matrix& computed, const Matrix& a, ExtendedMatrix residual) {
  const bool extended = residual.extended();
  ExtendedMatrix& d = residual;
  solve_for_perturbation(computed, d);
  InversePerturbation result;
  result.whole = frobenius_norm(d.high);
  result.strict_lower = frobenius_norm(strictly_lower(d.high));
  const double l_norm = frobenius_norm(add_identity(a));
  const double roundoff = extended ? twofold_roundoff : double_roundoff;
  const double error = a.rows() * roundoff * skeel_condition(computed, a, d.high) * (l_norm + result.whole);
  const bool well_conditioned = extended && error < 0x1p-60 * l_norm;
  // Xh is exact: D = 0 in twofold precision. (In double, 0 can be the result of rounding.)
  const bool exact = well_conditioned && result.whole == 0;
  if (!exact && !(error <= allowed_error * result.whole))
    result.undefined = well_conditioned ? Undefined::too_small : Undefined::ill_conditioned;
  return result;
}

}  // namespace

InversePerturbation inverse_perturbation(const Matrix& computed, const std::vector<int>& extents, const Matrix& a,
                                         const ExtendedMatrix& residual) {
  InversePerturbation result;
  result.undefined = shape_problem(computed, extents);
  if (result.undefined != Undefined::no) return result;
  result = attempt(computed, a, residual);
  if (result.undefined == Undefined::no || residual.extended()) return result;
  return attempt(computed, a, residual_left(computed, extents, a, true));
}

ColumnwiseBackward columnwise_backward(const Matrix& computed, const Matrix& residual, const Matrix& scale,
                                       double l_frobenius) {
  const int n = computed.rows();
  const std::size_t columns = static_cast<std::size_t>(n);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  ColumnwiseBackward result;
  // Columns of Xh and of R can differ by the exponent range of a format, so each is scaled by its own power of two.
  std::vector<double> x_max(columns), r_max(columns);
  for (int i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const double x = std::fabs(computed.row(i)[j]), r = std::fabs(residual.row(i)[j]);
      x_max[j] = x > x_max[j] ? x : x_max[j];
      r_max[j] = r > r_max[j] ? r : r_max[j];
    }
  }
  std::vector<double> x_scale(columns), r_scale(columns), x_squares(columns), r_squares(columns),
      lower_squares(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    x_scale[j] = binary_scale(x_max[j]);
    r_scale[j] = binary_scale(r_max[j]);
  }
  for (int i = 0; i < n; ++i) {
    const double* x = computed.row(i);
    const double* r = residual.row(i);
    const double* s = scale.row(i);
    for (std::size_t j = 0; j < columns; ++j) {
      const double x_scaled = x[j] * x_scale[j], r_scaled = r[j] * r_scale[j];
      x_squares[j] += x_scaled * x_scaled;
      r_squares[j] += r_scaled * r_scaled;
    }
    for (std::size_t j = 0; j < static_cast<std::size_t>(i); ++j) {
      const double r_scaled = r[j] * r_scale[j];
      lower_squares[j] += r_scaled * r_scaled;
    }
    for (int j = 0; j < n; ++j) {
      if (r[j] == 0) continue;
      const double ratio = s[j] == 0 ? infinity : std::fabs(r[j]) / s[j];
      result.componentwise = max_or_nan(result.componentwise, ratio);
      if (j < i) result.componentwise_strict_lower = max_or_nan(result.componentwise_strict_lower, ratio);
    }
  }
  for (std::size_t j = 0; j < columns; ++j) {
    const double norm = l_frobenius * (std::sqrt(x_squares[j]) / x_scale[j]);
    const double r = std::sqrt(r_squares[j]) / r_scale[j], r_lower = std::sqrt(lower_squares[j]) / r_scale[j];
    result.normwise = max_or_nan(result.normwise, norm == 0 ? infinity : r / norm);
    if (r_lower > 0) {
      result.normwise_strict_lower = std::max(result.normwise_strict_lower, norm == 0 ? infinity : r_lower / norm);
    }
  }
  return result;
}

}  // namespace tristab
