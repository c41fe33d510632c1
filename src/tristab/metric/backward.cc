#include "tristab/metric/backward.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "tristab/matrix/norms.h"
#include "tristab/metric/kernels.h"
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

// first(i) plus the sum over the leading columns(i) values(i, j) of each row, in ascending order. Four rows at a time
// hide the latency of an addition.
template <class Columns, class First, class Values>
std::vector<double> sums_of_rows(int rows, const Columns& columns, const First& first, const Values& values) {
  std::vector<double> sums(static_cast<std::size_t>(rows));
  const auto finish = [&](int i, int from, double sum) {
    for (int j = from; j < columns(i); ++j) sum += values(i, j);
    sums[static_cast<std::size_t>(i)] = sum;
  };
  int i = 0;
  for (; i + 4 <= rows; i += 4) {
    const int common = columns(i);  // no later row has fewer
    double s0 = first(i), s1 = first(i + 1), s2 = first(i + 2), s3 = first(i + 3);
    for (int j = 0; j < common; ++j) {
      s0 += values(i, j);
      s1 += values(i + 1, j);
      s2 += values(i + 2, j);
      s3 += values(i + 3, j);
    }
    finish(i, common, s0);
    finish(i + 1, common, s1);
    finish(i + 2, common, s2);
    finish(i + 3, common, s3);
  }
  for (; i < rows; ++i) finish(i, 0, first(i));
  return sums;
}

// || |L + D| |Xh| ||_inf
double skeel_condition(const Matrix& computed, const Matrix& a, const Matrix& d) {
  const int n = a.rows();
  const std::vector<double> x = sums_of_rows(
      n, [](int i) { return i + 1; }, [](int) { return 0.0; },
      [&](int i, int j) { return std::fabs(computed.row(i)[j]); });
  const std::vector<double> sums = sums_of_rows(
      n, [](int i) { return i; }, [&](int i) { return std::fabs(1 + d(i, i)) * x[static_cast<std::size_t>(i)]; },
      [&](int i, int j) { return std::fabs(a.row(i)[j] + d.row(i)[j]) * x[static_cast<std::size_t>(j)]; });
  double largest = 0;
  for (const double sum : sums) largest = max_or_nan(largest, sum);
  return largest;
}

// Undefined if the precision is not enough for the answer: because of Xh's condition, or, if an error of 2^-60 ||L|| is
// ruled out, because the answer is smaller than that.
InversePerturbation attempt(const Matrix& computed, const std::vector<int>& extents, const Matrix& a, ExtendedMatrix d,
                            double l_norm) {
  const bool extended = d.extended();
  if (extended || !substitute(computed, d.high)) {
    if (!extended) d = residual_left(computed, extents, a, false);
    solve_for_perturbation(computed, d);
  }
  InversePerturbation result;
  result.whole = frobenius_norm(d.high);
  result.strict_lower = is_strictly_lower(d.high) ? result.whole : frobenius_norm(strictly_lower(d.high));
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
                                         ExtendedMatrix residual, double l_frobenius) {
  InversePerturbation result;
  result.undefined = shape_problem(computed, extents);
  if (result.undefined != Undefined::no) return result;
  const bool extended = residual.extended();
  result = attempt(computed, extents, a, std::move(residual), l_frobenius);
  if (result.undefined == Undefined::no || extended) return result;
  return attempt(computed, extents, a, residual_left(computed, extents, a, true), l_frobenius);
}

ColumnwiseBackward columnwise_backward(const Matrix& computed, const std::vector<int>& extents, const Matrix& residual,
                                       const Matrix& scale, double l_frobenius) {
  const int n = computed.rows();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  bool triangular = true;
  for (int i = 0; i < n; ++i) triangular = triangular && extents[static_cast<std::size_t>(i)] <= i + 1;
  // Columns of Xh and of R can differ by the exponent range of a format, so each is scaled by its own power of two.
  const ColumnSums sums = column_sums(computed, residual, scale, triangular);
  ColumnwiseBackward result;
  result.componentwise = sums.ratio;
  result.componentwise_strict_lower = sums.lower_ratio;
  for (std::size_t j = 0; j < static_cast<std::size_t>(n); ++j) {
    const double norm = l_frobenius * (std::sqrt(sums.x_squares[j]) / sums.x_scale[j]);
    const double r = std::sqrt(sums.r_squares[j]) / sums.r_scale[j];
    const double r_lower = std::sqrt(sums.lower_squares[j]) / sums.r_scale[j];
    result.normwise = max_or_nan(result.normwise, norm == 0 ? infinity : r / norm);
    if (r_lower > 0) {
      result.normwise_strict_lower = std::max(result.normwise_strict_lower, norm == 0 ? infinity : r_lower / norm);
    }
  }
  return result;
}

}  // namespace tristab
