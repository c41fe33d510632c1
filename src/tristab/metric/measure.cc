#include "tristab/metric/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "tristab/base/elementary.h"
#include "tristab/base/errors.h"
#include "tristab/format/format.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/spectral_norm.h"
#include "tristab/metric/backward.h"
#include "tristab/metric/kernels.h"
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

Norms norms_of(const Matrix& m) {
  const double largest = max_abs(m);
  return {frobenius_norm(m, largest), one_norm(m), infinity_norm(m), spectral_norm(m, largest)};
}

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

// The largest relative error of a row. Rows with 0/0 are left out.
void set_row_errors(const std::vector<double>& errors, const std::vector<double>& sizes, Metric at,
                    MetricValues& values) {
  values.set_undefined(at, Undefined::zero_over_zero);
  double largest = -1;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] == 0 && sizes[i] == 0) continue;
    if (sizes[i] == 0) return values.set_undefined(at, Undefined::exact_zero);
    largest = max_or_nan(largest, errors[i] / sizes[i]);
  }
  if (largest != -1) values.set(at, largest);
}

void report(const EntryMaxima& maxima, const RegionMetrics& at, bool has_ulp, MetricValues& values) {
  values.set(at.max_abs, maxima.absolute);
  values.set(at.nonzero_at_zero, maxima.nonzero_at_zero);
  if (maxima.any_nonzero) {
    values.set(at.max_rel, maxima.relative);
    values.set(at.max_ulp, maxima.ulps);
  } else {
    values.set_undefined(at.max_rel, Undefined::zero_over_zero);
    values.set_undefined(at.max_ulp, Undefined::zero_over_zero);
  }
  if (!has_ulp) values.set_undefined(at.max_ulp, Undefined::no_ulp);
}

// `extents`: after these entries of a row, Xh and X have zeros alone.
void set_entry_metrics(const MetricInput& in, const Matrix& e, const std::vector<int>& extents, MetricValues& values) {
  EntryMaxima maxima;
  const auto raise = [&](int i, int begin, int end) {
    raise_maxima(e.row(i) + begin, in.reference.high.row(i) + begin, in.computed.row(i) + begin, end - begin,
                 {in.precision, in.min_exponent}, maxima);
  };
  for (int i = 1; i < e.rows(); ++i) raise(i, 0, i);
  report(maxima, strict_lower_metrics, in.precision > 0, values);
  for (int i = 0; i < e.rows(); ++i) raise(i, i, extents[static_cast<std::size_t>(i)]);
  report(maxima, whole_metrics, in.precision > 0, values);
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
// number. `sum` is that of the scaled entries of Xh, `extents` as above, `largest` = max |Xh_ij|.
void set_correlations(const Matrix& computed, const RegionFacts& x, bool strict, double scale, double sum,
                      const std::vector<int>& extents, const RegionMetrics& at, MetricValues& values) {
  const int n = computed.rows();
  std::vector<int> lefts(static_cast<std::size_t>(n)), columns(static_cast<std::size_t>(n), n);
  std::iota(lefts.begin(), lefts.end(), 0);
  const double first = n > 1 ? computed(1, 0) * scale : computed(0, 0) * scale;
  const CorrelationSums sums = correlation_sums(computed, scale, first, x.scaled, strict ? lefts : extents);
  // Behind the extents there are zeros.
  const bool constant = sums.constant && (strict || first == 0 || extents == columns);
  // |cosine| <= 1 and |correlation| <= 1 hold exactly; rounding must not exceed them.
  const double norms = std::sqrt(sums.squares) * x.scaled_frobenius;
  values.set_ratio(at.cosine, sums.equal ? norms : std::clamp(sums.product, -norms, norms), norms);

  if (x.count == 0 || constant || x.centred_frobenius == 0)
    return values.set_undefined(at.pearson, Undefined::zero_over_zero);
  const CorrelationSums centred = centred_sums(computed, scale, sum / x.count, x.centred, strict ? lefts : columns);
  const double spreads = std::sqrt(centred.squares) * x.centred_frobenius;
  values.set_ratio(at.pearson, sums.equal ? spreads : std::clamp(centred.product, -spreads, spreads), spreads);
}

// Of both regions at once: the sums of entries are chains of additions, which run side by side.
void set_all_correlations(const MetricInput& in, double largest, const std::vector<int>& extents,
                          MetricValues& values) {
  const Matrix& computed = in.computed;
  const double scale = binary_scale(largest);
  const double scale_below = binary_scale(max_abs_below(computed));
  double sum = 0, sum_below = 0;
  for (int i = 0; i < computed.rows(); ++i) {
    const double* row = computed.row(i);
    for (int j = 0; j < i; ++j) {
      sum += row[j] * scale;
      sum_below += row[j] * scale_below;
    }
    for (int j = i; j < extents[static_cast<std::size_t>(i)]; ++j) sum += row[j] * scale;
  }
  set_correlations(computed, in.facts.whole, false, scale, sum, extents, whole_metrics, values);
  set_correlations(computed, in.facts.strict_lower, true, scale_below, sum_below, extents, strict_lower_metrics,
                   values);
}

// ||R||, ||stril R|| and ||R|| / (n u ||L|| ||Xh||) in F and inf.
void set_residuals(const MetricInput& in, const Matrix& r, double x_frobenius, double x_infinity,
                   const ResidualMetrics& at, MetricValues& values) {
  const double frobenius = frobenius_norm(r), infinity = infinity_norm(r);
  double lower_frobenius = frobenius, lower_infinity = infinity;
  if (!is_strictly_lower(r)) {
    const Matrix lower = strictly_lower(r);
    lower_frobenius = frobenius_norm(lower);
    lower_infinity = infinity_norm(lower);
  }
  const double nu = in.facts.n * std::max(in.unit_roundoff, in.step);
  values.set(at.frobenius, frobenius);
  values.set(at.frobenius_strict_lower, lower_frobenius);
  values.set(at.infinity, infinity);
  values.set(at.infinity_strict_lower, lower_infinity);
  values.set_ratio(at.frobenius_scaled, frobenius, nu * in.facts.l_frobenius * x_frobenius);
  values.set_ratio(at.infinity_scaled, infinity, nu * in.facts.l_infinity * x_infinity);
}

void set_residuals_and_backward(const MetricInput& in, double largest, const std::vector<int>& extents,
                                MetricValues& values) {
  // An exact result has residuals that double cannot hold: entries of 2^62 + 1.
  const bool extended = in.unit_roundoff < twofold_below || values[Metric::frobenius] == 0;
  const double x_frobenius = frobenius_norm(in.computed, largest), x_infinity = infinity_norm(in.computed);
  ExtendedMatrix left = residual_left(in.computed, extents, in.a, extended);
  const ExtendedMatrix right = residual_right(in.computed, extents, in.a, extended);
  set_residuals(in, left.high, x_frobenius, x_infinity, left_residuals, values);
  set_residuals(in, right.high, x_frobenius, x_infinity, right_residuals, values);

  const Matrix scale = residual_scale(in.computed, extents, in.a);
  const ColumnwiseBackward columnwise =
      columnwise_backward(in.computed, extents, right.high, scale, in.facts.l_frobenius);
  const auto set_or_infinite = [&](Metric m, double value, Undefined why) {
    if (value == std::numeric_limits<double>::infinity()) return values.set_undefined(m, why);
    values.set(m, value);
  };
  set_or_infinite(Metric::backward_normwise, columnwise.normwise, Undefined::zero_column);
  set_or_infinite(Metric::backward_normwise_strict_lower, columnwise.normwise_strict_lower, Undefined::zero_column);
  set_or_infinite(Metric::backward_componentwise, columnwise.componentwise, Undefined::zero_scale);
  set_or_infinite(Metric::backward_componentwise_strict_lower, columnwise.componentwise_strict_lower,
                  Undefined::zero_scale);

  const InversePerturbation exact =
      inverse_perturbation(in.computed, extents, in.a, std::move(left), in.facts.l_frobenius);
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
  // Xh - high is exact if the two are within a factor of two (Sterbenz); otherwise `low` is negligible.
  Matrix e(reference.n, reference.n);
  subtract_reference(computed, reference.high, reference.low, e);
  return e;
}

double relative_frobenius(const Matrix& computed, const Reference& reference) {
  if (computed.rows() != reference.n || computed.columns() != reference.n) {
    throw InputError(fmt::format("relative error: the result is {} x {}; allowed: {} x {}, the size of the reference",
                                 computed.rows(), computed.columns(), reference.n, reference.n));
  }
  if (!all_finite(computed)) return std::numeric_limits<double>::quiet_NaN();
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
  const double largest = max_abs(in.computed);
  if (!std::isfinite(largest)) {
    for (const double x : in.computed.values()) nonfinite += !std::isfinite(x);
  }
  if (nonfinite > 0) {
    for (const MetricInfo& info : metrics()) values.set_undefined(info.metric, Undefined::nonfinite_result);
    set_zero_counts(in, values);
    values.set(Metric::bound, bound);
    values.set(Metric::nonfinite, nonfinite);
    return values;
  }
  values.set(Metric::nonfinite, 0);

  const Matrix e = error_matrix(in.computed, in.reference);
  const Norms e_norms = norms_of(e);
  set_norm_metrics(e_norms, in.facts.whole, whole_metrics, values);
  set_norm_metrics(is_strictly_lower(e) ? e_norms : norms_of(strictly_lower(e)), in.facts.strict_lower,
                   strict_lower_metrics, values);
  set_row_errors(row_norms(e, false), in.facts.whole.rows, Metric::row_relative, values);
  set_row_errors(row_norms(e, true), in.facts.strict_lower.rows, Metric::row_relative_strict_lower, values);
  const std::vector<int> extents = row_extents(in.computed);
  std::vector<int> common = extents;  // of Xh and X, which is lower triangular
  for (std::size_t i = 0; i < common.size(); ++i) common[i] = std::max(common[i], static_cast<int>(i) + 1);
  set_entry_metrics(in, e, common, values);
  set_all_correlations(in, largest, common, values);
  set_residuals_and_backward(in, largest, extents, values);

  values.set(Metric::bound, bound);
  values.set_ratio(Metric::bound_ratio, values[Metric::frobenius], achieved);
  return values;
}

}  // namespace tristab
