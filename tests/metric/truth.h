// The metrics of src/tristab/metric/README.md once more, in 2000-bit arithmetic straight from their formulas.
#pragma once

#include <map>
#include <string>

#include "support/exact_matrix.h"

namespace tristab::exact {

inline Real correlation(const RealMatrix& x, const RealMatrix& y, bool strict, bool centred) {
  Real count = 0, x_mean = 0, y_mean = 0;
  const int n = x.size();
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < (strict ? i : n); ++j) {
      count += 1;
      x_mean += x(i, j);
      y_mean += y(i, j);
    }
  }
  x_mean = centred ? Real(x_mean / count) : Real(0);
  y_mean = centred ? Real(y_mean / count) : Real(0);
  Real xx = 0, yy = 0, xy = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < (strict ? i : n); ++j) {
      xx += (x(i, j) - x_mean) * (x(i, j) - x_mean);
      yy += (y(i, j) - y_mean) * (y(i, j) - y_mean);
      xy += (x(i, j) - x_mean) * (y(i, j) - y_mean);
    }
  }
  return xy / sqrt(Real(xx * yy));
}

// floor(log2 |x|) by comparison with powers of two.
inline int exponent_of(const Real& x) {
  int e = 0;
  const Real size = abs(x);
  while (ldexp(Real(1), e) > size) --e;
  while (ldexp(Real(1), e + 1) <= size) ++e;
  return e;
}

struct Format {
  int precision, min_exponent;
  double unit_roundoff;
};

// Every metric by name. X is inverted here, not taken from the library.
inline std::map<std::string, Real> all_metrics(const Matrix& computed, const Matrix& a, const Format& format) {
  const int n = a.rows();
  const RealMatrix i_n = identity(n), l = sum(i_n, RealMatrix(a)), x = inverse(l), xh(computed);
  const RealMatrix left = sum(product(xh, l), i_n, -1), right = sum(product(l, xh), i_n, -1);
  const Real nu = Real(n) * format.unit_roundoff;
  std::map<std::string, Real> m;
  for (const bool strict : {false, true}) {
    const std::string suffix = strict ? "_strict_lower" : "";
    const auto part = [&](const RealMatrix& matrix) { return strict ? strictly_lower(matrix) : matrix; };
    const RealMatrix e = part(sum(xh, x, -1)), xp = part(x);
    const Real count = strict ? Real(n) * (n - 1) / 2 : Real(n) * n;
    m[strict ? "strict_lower" : "frobenius"] = frobenius(e) / frobenius(xp);
    m["normwise_1" + suffix] = one_norm(e) / one_norm(xp);
    m["normwise_inf" + suffix] = infinity_norm(e) / infinity_norm(xp);
    m["normwise_2" + suffix] = spectral_norm(e) / spectral_norm(xp);
    const Real rms_e = frobenius(e) / sqrt(count), rms_x = frobenius(xp) / sqrt(count);
    m["rms_ratio" + suffix] = rms_e / (rms_x + 1e-8);
    const Real ratio = frobenius(xp) / frobenius(e);
    m["snr_db" + suffix] = 10 * log10(Real(ratio * ratio));
    m["pearson" + suffix] = correlation(x, xh, strict, true);
    m["cosine" + suffix] = correlation(x, xh, strict, false);
    Real absolute_error = 0, relative = 0, ulps = 0, at_zero = 0, componentwise = 0, normwise = 0;
    const RealMatrix scale = product(absolute(l), absolute(xh)), r = part(right);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < (strict ? i : n); ++j) {
        const Real size = abs(e(i, j));
        absolute_error = std::max<Real>(absolute_error, size);
        if (x(i, j) == 0) {
          at_zero += xh(i, j) != 0 ? 1 : 0;
        } else {
          relative = std::max<Real>(relative, size / abs(x(i, j)));
          const int exponent = std::max(exponent_of(x(i, j)), format.min_exponent) - format.precision + 1;
          ulps = std::max<Real>(ulps, size / ldexp(Real(1), exponent));
        }
        if (r(i, j) != 0) componentwise = std::max<Real>(componentwise, abs(r(i, j)) / scale(i, j));
      }
    }
    for (int j = 0; j < n; ++j) {
      Real r_squares = 0, x_squares = 0;
      for (int i = 0; i < n; ++i) {
        r_squares += r(i, j) * r(i, j);
        x_squares += xh(i, j) * xh(i, j);
      }
      normwise = std::max<Real>(normwise, sqrt(r_squares) / (frobenius(l) * sqrt(x_squares)));
    }
    Real row_relative = 0;
    for (int i = 0; i < n; ++i) {
      Real e_squares = 0, x_squares = 0;
      for (int j = 0; j < (strict ? i : n); ++j) {
        e_squares += e(i, j) * e(i, j);
        x_squares += x(i, j) * x(i, j);
      }
      if (x_squares != 0) row_relative = std::max<Real>(row_relative, sqrt(Real(e_squares / x_squares)));
    }
    m["row_relative" + suffix] = row_relative;
    m["max_abs" + suffix] = absolute_error;
    m["max_rel" + suffix] = relative;
    m["nonzero_at_zero" + suffix] = at_zero;
    m["max_ulp" + suffix] = ulps;
    m["backward_componentwise" + suffix] = componentwise;
    m["backward_normwise" + suffix] = normwise;
    m["residual_left" + suffix] = frobenius(part(left));
    m["residual_left_inf" + suffix] = infinity_norm(part(left));
    m["residual_right" + suffix] = frobenius(part(right));
    m["residual_right_inf" + suffix] = infinity_norm(part(right));
    m["backward_exact" + suffix] = frobenius(part(sum(inverse(xh), l, -1))) / frobenius(part(l));
  }
  m["residual_left_scaled"] = frobenius(left) / (nu * frobenius(l) * frobenius(xh));
  m["residual_left_inf_scaled"] = infinity_norm(left) / (nu * infinity_norm(l) * infinity_norm(xh));
  m["residual_right_scaled"] = frobenius(right) / (nu * frobenius(l) * frobenius(xh));
  m["residual_right_inf_scaled"] = infinity_norm(right) / (nu * infinity_norm(l) * infinity_norm(xh));
  const RealMatrix xax = product(product(absolute(x), absolute(RealMatrix(a))), absolute(x));
  m["bound"] = nu * frobenius(xax) / frobenius(x);
  m["bound_ratio"] = m["frobenius"] / (m["bound"] / n);
  m["nonfinite"] = 0;
  return m;
}

}  // namespace tristab::exact
