#include "tristab/metric/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tristab/base/elementary.h"
#include "tristab/base/errors.h"
#include "tristab/format/format.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/spectral_norm.h"
#include "tristab/matrix/sum.h"
#include "tristab/metric/backward.h"
#include "tristab/metric/residual.h"

namespace tristab {
namespace {

// The metrics of one region.
struct RegionMetrics {
  Metric frobenius, max_abs, max_rel, nonzero_at_zero, normwise_1, normwise_inf, normwise_2, rms_ratio, snr_db, pearson,
      cosine, max_ulp;
};

constexpr RegionMetrics whole_metrics = {Metric::frobenius,       Metric::max_abs,    Metric::max_rel,
                                         Metric::nonzero_at_zero, Metric::normwise_1, Metric::normwise_inf,
                                         Metric::normwise_2,      Metric::rms_ratio,  Metric::snr_db,
                                         Metric::pearson,         Metric::cosine,     Metric::max_ulp};
constexpr RegionMetrics strict_lower_metrics = {Metric::strict_lower,
                                                Metric::max_abs_strict_lower,
                                                Metric::max_rel_strict_lower,
                                                Metric::nonzero_at_zero_strict_lower,
                                                Metric::normwise_1_strict_lower,
                                                Metric::normwise_inf_strict_lower,
                                                Metric::normwise_2_strict_lower,
                                                Metric::rms_ratio_strict_lower,
                                                Metric::snr_db_strict_lower,
                                                Metric::pearson_strict_lower,
                                                Metric::cosine_strict_lower,
                                                Metric::max_ulp_strict_lower};

// The metrics of one residual.
struct ResidualMetrics {
  Metric frobenius, frobenius_strict_lower, infinity, infinity_strict_lower, frobenius_scaled, infinity_scaled;
};

constexpr ResidualMetrics left_residuals = {Metric::residual_left,        Metric::residual_left_strict_lower,
                                            Metric::residual_left_inf,    Metric::residual_left_inf_strict_lower,
                                            Metric::residual_left_scaled, Metric::residual_left_inf_scaled};
constexpr ResidualMetrics right_residuals = {Metric::residual_right,        Metric::residual_right_strict_lower,
                                             Metric::residual_right_inf,    Metric::residual_right_inf_strict_lower,
                                             Metric::residual_right_scaled, Metric::residual_right_inf_scaled};

struct Norms {
  double frobenius = 0, one = 0, infinity = 0, two = 0;
};

Norms norms_of(const Matrix& m) { return {frobenius_norm(m), one_norm(m), infinity_norm(m), spectral_norm(m)}; }

void set_norm_metrics(const Norms& e, const RegionFacts& x, const RegionMetrics& at, MetricValues& values) {
  values.set_ratio(at.frobenius, e.frobenius, x.frobenius);
  values.set_ratio(at.normwise_1, e.one, x.one);
  values.set_ratio(at.normwise_inf, e.infinity, x.infinity);
  values.set_ratio(at.normwise_2, e.two, x.two);
  if (x.count == 0) {
    values.set_undefined(at.rms_ratio, Undefined::zero_over_zero);
  } else {
    const double root = std::sqrt(x.count);
    values.set(at.rms_ratio, (e.frobenius / root) / (x.frobenius / root + 1e-8));
  }
  if (e.frobenius == 0) {
    values.set_undefined(at.snr_db, x.frobenius == 0 ? Undefined::zero_over_zero : Undefined::exact_result);
  } else if (x.frobenius == 0) {
    values.set_undefined(at.snr_db, Undefined::exact_zero);
  } else {
    values.set(at.snr_db, 20 * (log10_of(x.frobenius) - log10_of(e.frobenius)));
  }
}

// The largest relative error of a row. Rows with 0/0 are left out; `columns` says how many leading entries of row i
// count.
template <typename Columns>
void set_row_errors(const Matrix& e, const Matrix& x, Columns columns, Metric at, MetricValues& values) {
  const auto norm = [&](const Matrix& m, int i) {
    const int count = columns(i);
    const double squares = dot(m.row(i), m.row(i), static_cast<std::size_t>(count));
    if (squares > 1e-200 && squares < 1e200) return std::sqrt(squares);
    Matrix row(1, count);  // for rows whose squares leave the range of double
    std::copy_n(m.row(i), count, row.values().data());
    return frobenius_norm(row);
  };
  values.set_undefined(at, Undefined::zero_over_zero);
  double largest = -1;
  for (int i = 0; i < e.rows(); ++i) {
    const double error = norm(e, i), size = norm(x, i);
    if (error == 0 && size == 0) continue;
    if (size == 0) return values.set_undefined(at, Undefined::exact_zero);
    largest = max_or_nan(largest, error / size);
  }
  if (largest != -1) values.set(at, largest);
}

// |e| in units of the last place of x != 0.
double in_ulps(double e, double x, int precision, int min_exponent) {
  const int exponent = static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 52 & 0x7ff) - 1023;
  const int ulp = std::max(exponent, min_exponent) - precision + 1;
  return ulp < -1000 ? std::ldexp(std::fabs(e), -ulp) : std::fabs(e) * power_of_two(-ulp);
}

// Maxima over entries.
struct EntryErrors {
  double absolute = 0, relative = 0, ulps = 0, nonzero_at_zero = 0;
  bool any_nonzero = false;

  void add(double e, double x, double computed, const MetricInput& in) {
    absolute = max_or_nan(absolute, std::fabs(e));
    if (x == 0) {
      nonzero_at_zero += computed != 0;
      return;
    }
    any_nonzero = true;
    if (e == 0) return;
    relative = max_or_nan(relative, std::fabs(e / x));
    if (in.precision > 0) ulps = max_or_nan(ulps, in_ulps(e, x, in.precision, in.min_exponent));
  }

  void report(const RegionMetrics& at, bool has_ulp, MetricValues& values) const {
    values.set(at.max_abs, absolute);
    values.set(at.nonzero_at_zero, nonzero_at_zero);
    if (any_nonzero) {
      values.set(at.max_rel, relative);
      values.set(at.max_ulp, ulps);
    } else {
      values.set_undefined(at.max_rel, Undefined::zero_over_zero);
      values.set_undefined(at.max_ulp, Undefined::zero_over_zero);
    }
    if (!has_ulp) values.set_undefined(at.max_ulp, Undefined::no_ulp);
  }
};

void set_entry_metrics(const MetricInput& in, const Matrix& e, MetricValues& values) {
  const int n = e.rows();
  EntryErrors errors;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) errors.add(e(i, j), in.reference.high(i, j), in.computed(i, j), in);
  }
  errors.report(strict_lower_metrics, in.precision > 0, values);
  for (int i = 0; i < n; ++i) {
    for (int j = i; j < n; ++j) errors.add(e(i, j), in.reference.high(i, j), in.computed(i, j), in);
  }
  errors.report(whole_metrics, in.precision > 0, values);
}

// The counts of a result that has no errors because it is not finite.
void set_zero_counts(const MetricInput& in, MetricValues& values) {
  double lower = 0, rest = 0;
  for (int i = 0; i < in.facts.n; ++i) {
    for (int j = 0; j < in.facts.n; ++j) {
      if (in.reference.high(i, j) == 0 && in.computed(i, j) != 0) (j < i ? lower : rest) += 1;
    }
  }
  values.set(Metric::nonzero_at_zero, lower + rest);
  values.set(Metric::nonzero_at_zero_strict_lower, lower);
}

// Correlation and cosine of Xh and X over a region. Both matrices are scaled by powers of two, which changes neither
// number.
void set_correlations(const Matrix& computed, const RegionFacts& x, bool strict, const RegionMetrics& at,
                      MetricValues& values) {
  const int n = computed.rows();
  const auto columns = [&](int i) { return static_cast<std::size_t>(strict ? i : n); };
  double largest = 0;
  for (int i = 0; i < n; ++i) {
    const double* row = computed.row(i);
    for (std::size_t j = 0; j < columns(i); ++j) largest = std::max(largest, std::fabs(row[j]));
  }
  Matrix y(n, n);
  const double scale = binary_scale(largest);
  const double first = n > 1 ? computed(1, 0) * scale : computed(0, 0) * scale;
  double sum = 0;
  bool constant = true, equal = true;
  for (int i = 0; i < n; ++i) {
    const double* source = computed.row(i);
    const double* exact = x.scaled.row(i);
    double* row = y.row(i);
    for (std::size_t j = 0; j < columns(i); ++j) {
      row[j] = source[j] * scale;
      constant = constant && row[j] == first;
      equal = equal && row[j] == exact[j];
    }
    for (std::size_t j = 0; j < columns(i); ++j) sum += row[j];
  }
  double product = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    product += dot(x.scaled.row(i), y.row(i), columns(i));
    squares += dot(y.row(i), y.row(i), columns(i));
  }
  // |cosine| <= 1 and |correlation| <= 1 hold exactly; rounding must not exceed them.
  const double norms = std::sqrt(squares) * x.scaled_frobenius;
  values.set_ratio(at.cosine, equal ? norms : std::clamp(product, -norms, norms), norms);

  if (x.count == 0 || constant || x.centred_frobenius == 0)
    return values.set_undefined(at.pearson, Undefined::zero_over_zero);
  const double mean = sum / x.count;
  double covariance = 0;
  squares = 0;
  for (int i = 0; i < n; ++i) {
    double* row = y.row(i);
    for (std::size_t j = 0; j < columns(i); ++j) row[j] -= mean;
    covariance += dot(x.centred.row(i), row, columns(i));
    squares += dot(row, row, columns(i));
  }
  const double spreads = std::sqrt(squares) * x.centred_frobenius;
  values.set_ratio(at.pearson, equal ? spreads : std::clamp(covariance, -spreads, spreads), spreads);
}

// ||R||, ||stril R|| and ||R|| / (n u ||L|| ||Xh||) in F and inf.
void set_residuals(const MetricInput& in, const Matrix& r, double x_frobenius, double x_infinity,
                   const ResidualMetrics& at, MetricValues& values) {
  const Matrix lower = strictly_lower(r);
  const double frobenius = frobenius_norm(r), infinity = infinity_norm(r);
  const double nu = in.facts.n * std::max(in.unit_roundoff, in.step);
  values.set(at.frobenius, frobenius);
  values.set(at.frobenius_strict_lower, frobenius_norm(lower));
  values.set(at.infinity, infinity);
  values.set(at.infinity_strict_lower, infinity_norm(lower));
  values.set_ratio(at.frobenius_scaled, frobenius, nu * in.facts.l_frobenius * x_frobenius);
  values.set_ratio(at.infinity_scaled, infinity, nu * in.facts.l_infinity * x_infinity);
}

void set_residuals_and_backward(const MetricInput& in, MetricValues& values) {
  // An exact result has residuals that double cannot hold: entries of 2^62 + 1.
  const bool extended = in.unit_roundoff < twofold_below || values[Metric::frobenius] == 0;
  const auto extents = row_extents(in.computed);
  const double x_frobenius = frobenius_norm(in.computed), x_infinity = infinity_norm(in.computed);
  const ExtendedMatrix left = residual_left(in.computed, extents, in.a, extended);
  const ExtendedMatrix right = residual_right(in.computed, extents, in.a, extended);
  set_residuals(in, left.high, x_frobenius, x_infinity, left_residuals, values);
  set_residuals(in, right.high, x_frobenius, x_infinity, right_residuals, values);

  const Matrix scale = residual_scale(in.computed, extents, in.a);
  const ColumnwiseBackward columnwise = columnwise_backward(in.computed, right.high, scale, in.facts.l_frobenius);
  const auto set_or_infinite = [&](Metric m, double value, Undefined why) {
    if (value == std::numeric_limits<double>::infinity()) return values.set_undefined(m, why);
    values.set(m, value);
  };
  set_or_infinite(Metric::backward_normwise, columnwise.normwise, Undefined::zero_column);
  set_or_infinite(Metric::backward_normwise_strict_lower, columnwise.normwise_strict_lower, Undefined::zero_column);
  set_or_infinite(Metric::backward_componentwise, columnwise.componentwise, Undefined::zero_scale);
  set_or_infinite(Metric::backward_componentwise_strict_lower, columnwise.componentwise_strict_lower,
                  Undefined::zero_scale);

  const InversePerturbation exact = inverse_perturbation(in.computed, extents, in.a, left);
  if (exact.undefined != Undefined::no) {
    values.set_undefined(Metric::backward_exact, exact.undefined);
    values.set_undefined(Metric::backward_exact_strict_lower, exact.undefined);
  } else {
    values.set_ratio(Metric::backward_exact, exact.whole, in.facts.l_frobenius);
    values.set_ratio(Metric::backward_exact_strict_lower, exact.strict_lower, in.facts.a_frobenius);
  }
}

void check_sizes(const MetricInput& in) {
  const int n = in.facts.n;
  for (const Matrix* m : {&in.computed, &in.a, &in.reference.high, &in.reference.low}) {
    if (m->rows() != n || m->columns() != n) {
      throw InputError(fmt::format("metrics: a matrix is {} x {}; allowed: {} x {}, the size of the reference",
                                   m->rows(), m->columns(), n, n));
    }
  }
}

}  // namespace

Matrix error_matrix(const Matrix& computed, const Reference& reference) {
  const int n = reference.n;
  Matrix e(n, n);
  const double* high = reference.high.values().data();
  const double* low = reference.low.values().data();
  const double* x = computed.values().data();
  double* difference = e.values().data();
  // Xh - high is exact if the two are within a factor of two (Sterbenz); otherwise `low` is negligible.
  for (std::size_t k = 0; k < e.values().size(); ++k) difference[k] = (x[k] - high[k]) - low[k];
  return e;
}

double relative_frobenius(const Matrix& computed, const Reference& reference) {
  if (computed.rows() != reference.n || computed.columns() != reference.n) {
    throw InputError(fmt::format("relative error: the result is {} x {}; allowed: {} x {}, the size of the reference",
                                 computed.rows(), computed.columns(), reference.n, reference.n));
  }
  for (const double x : computed.values()) {
    if (!std::isfinite(x)) return std::numeric_limits<double>::quiet_NaN();
  }
  return frobenius_norm(error_matrix(computed, reference)) / frobenius_norm(reference.high);
}

MetricValues measure(const MetricInput& in) {
  check_sizes(in);
  MetricValues values;
  // What a stable method achieves, and the a-priori bound of substitution.
  const double u = in.unit_roundoff, sums = in.unit_roundoff_sums, n = in.facts.n;
  const double step_error = in.step > 0 ? in.step * in.facts.step_error : 0;
  const double achieved = achieved_error(in.facts, u, sums, in.step);
  const double bound = n * (std::max(u, sums) * in.facts.stable_error + step_error);
  double nonfinite = 0;
  for (const double x : in.computed.values()) nonfinite += !std::isfinite(x);
  if (nonfinite > 0) {
    for (const MetricInfo& info : metrics()) values.set_undefined(info.metric, Undefined::nonfinite_result);
    set_zero_counts(in, values);
    values.set(Metric::bound, bound);
    values.set(Metric::nonfinite, nonfinite);
    return values;
  }
  values.set(Metric::nonfinite, 0);

  const Matrix e = error_matrix(in.computed, in.reference);
  const Matrix e_lower = strictly_lower(e);
  const Norms e_norms = norms_of(e);
  set_norm_metrics(e_norms, in.facts.whole, whole_metrics, values);
  set_norm_metrics(e_lower == e ? e_norms : norms_of(e_lower), in.facts.strict_lower, strict_lower_metrics, values);
  const Matrix& x = in.reference.high;
  set_row_errors(
      e, x, [&](int) { return e.columns(); }, Metric::row_relative, values);
  set_row_errors(
      e, x, [](int i) { return i; }, Metric::row_relative_strict_lower, values);
  set_entry_metrics(in, e, values);
  set_correlations(in.computed, in.facts.whole, false, whole_metrics, values);
  set_correlations(in.computed, in.facts.strict_lower, true, strict_lower_metrics, values);
  set_residuals_and_backward(in, values);

  values.set(Metric::bound, bound);
  values.set_ratio(Metric::bound_ratio, values[Metric::frobenius], achieved);
  return values;
}

}  // namespace tristab
