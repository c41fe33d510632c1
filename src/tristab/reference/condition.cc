#include "tristab/reference/condition.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "tristab/matrix/norms.h"
#include "tristab/matrix/spectral_norm.h"

namespace tristab {
namespace {

// || |X| |L| ||_inf = || |X| (|L| e) ||_inf
double skeel_condition(const Matrix& x, const Matrix& l) {
  const int n = l.rows();
  std::vector<double> row_sums(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = 0; j <= i; ++j) sum += std::fabs(l(i, j));
    row_sums[static_cast<std::size_t>(i)] = sum;
  }
  double largest = 0;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = 0; j <= i; ++j) {
      if (x(i, j) != 0) sum += std::fabs(x(i, j)) * row_sums[static_cast<std::size_t>(j)];
    }
    largest = max_or_nan(largest, sum);
  }
  return largest;
}

// P P for a P whose entries are zero if i - j < band.
Matrix square(const Matrix& p, int band) {
  const int n = p.rows();
  Matrix result(n, n);
  for (int i = 2 * band; i < n; ++i) {
    double* sums = result.row(i);
    for (int k = band; k + band <= i; ++k) {
      const double factor = p(i, k);
      if (factor == 0) continue;
      const double* source = p.row(k);
      for (int j = 0; j + band <= k; ++j) sums[j] += factor * source[j];
    }
  }
  return result;
}

// m_ij 2^exponent, rounded once, as std::ldexp gives them.
void scale_by_power_of_two(Matrix& m, int exponent) {
  if (exponent > 1023) {  // the factor is beyond the range
    for (double& x : m.values()) x = std::ldexp(x, exponent);
    return;
  }
  const double factor = std::ldexp(1.0, exponent);
  for (double& x : m.values()) x *= factor;
}

// Powers are held as P 2^exponent with max |P_ij| in [0.5, 1), so that only reported values can overflow.
std::vector<double> power_maxima(const Matrix& a) {
  const int n = a.rows();
  std::vector<double> maxima;
  Matrix power = a;
  int exponent = 0;
  for (int k = 1; k < n; k *= 2) {
    if (k > 1) {
      power = square(power, k / 2);
      exponent *= 2;
    }
    const double largest = max_abs(power);
    if (largest == 0) {
      maxima.push_back(0);
      continue;
    }
    int e = 0;
    std::frexp(largest, &e);
    scale_by_power_of_two(power, -e);
    exponent = std::clamp(exponent + e, -100000, 100000);  // stands for 0 or infinity, also when doubled
    maxima.push_back(std::ldexp(max_abs(power), exponent));
  }
  return maxima;
}

std::vector<double> decay(const Matrix& x) {
  std::vector<double> maxima;
  for (int distance = 1; distance < x.rows(); distance *= 2) {
    double largest = 0;
    for (int i = distance; i < x.rows(); ++i) largest = std::max(largest, std::fabs(x(i, i - distance)));
    maxima.push_back(largest);
  }
  return maxima;
}

}  // namespace

ConditionReport report_condition(const Matrix& a, const Reference& reference, std::optional<double> inverse_norm_2) {
  const Matrix l = add_identity(a);
  const Matrix& x = reference.high;
  ConditionReport report;
  report.cond_1 = one_norm(l) * one_norm(x);
  report.cond_inf = infinity_norm(l) * infinity_norm(x);
  report.cond_2 = spectral_norm(l) * (inverse_norm_2 ? *inverse_norm_2 : spectral_norm(x));
  report.cond_frobenius = frobenius_norm(l) * frobenius_norm(x);
  report.cond_skeel = skeel_condition(x, l);
  report.norm_inf = infinity_norm(a);
  report.norm_2 = spectral_norm(a);
  report.max_abs = max_abs(a);
  report.inverse_max_abs = max_abs(x);
  report.power_max = power_maxima(a);
  report.inverse_decay = decay(x);
  return report;
}

}  // namespace tristab
