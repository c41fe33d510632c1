#include "tristab/matrix/spectral_norm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "tristab/matrix/norms.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

// The lower triangle of scale^2 M^T M; the rest stays 0. Trailing zeros of a row of M are skipped.
Matrix gram_matrix(const Matrix& m, double scale) {
  const int n = m.columns();
  Matrix g(n, n);
  std::vector<double> row(static_cast<std::size_t>(n));
  for (int k = 0; k < m.rows(); ++k) {
    int last = -1;
    for (int j = 0; j < n; ++j) {
      row[static_cast<std::size_t>(j)] = m(k, j) * scale;
      if (m(k, j) != 0) last = j;
    }
    for (int i = 0; i <= last; ++i) {
      const double factor = row[static_cast<std::size_t>(i)];
      if (factor == 0) continue;
      double* target = g.row(i);
      const double* source = row.data();
      for (int j = 0; j <= i; ++j) target[j] += factor * source[j];
    }
  }
  return g;
}

struct Tridiagonal {
  std::vector<double> diagonal;
  std::vector<double> squares;  // squares[i]: square of the entry that couples i - 1 and i; squares[0] = 0
};

// The largest entry of the Gram matrix is at least 1/4. Entries below 1e-100 (squares below this) cannot change its
// norm, and a reflection built from squares that are nearly subnormal would not be orthogonal.
constexpr double negligible_square = 1e-200;

// Householder reduction of the symmetric matrix whose lower triangle is g, from the last row upwards so that every
// inner loop walks along a row.
Tridiagonal tridiagonal_form(Matrix& g) {
  const int n = g.rows();
  Tridiagonal t{std::vector<double>(static_cast<std::size_t>(n)), std::vector<double>(static_cast<std::size_t>(n))};
  std::vector<double> p(static_cast<std::size_t>(n));
  for (int i = n - 1; i > 0; --i) {
    double* v = g.row(i);  // v_0 .. v_(i-1): the row to be mapped to a multiple of e_(i-1)
    t.diagonal[static_cast<std::size_t>(i)] = v[i];
    const double rest = dot(v, v, static_cast<std::size_t>(i) - 1);
    const double square = rest + v[i - 1] * v[i - 1];
    t.squares[static_cast<std::size_t>(i)] = square;
    if (rest < negligible_square) continue;
    const double norm = std::sqrt(square);
    v[i - 1] += v[i - 1] < 0 ? -norm : norm;
    const double two_over_vv = 2 / (rest + v[i - 1] * v[i - 1]);
    // p = G v over the leading i x i block; only its lower triangle is stored.
    for (int r = 0; r < i; ++r) {
      const double* row = g.row(r);
      const double factor = v[r];
      double* sums = p.data();
      for (int c = 0; c < r; ++c) sums[c] += factor * row[c];
      sums[r] = dot(row, v, static_cast<std::size_t>(r) + 1);
    }
    for (int r = 0; r < i; ++r) p[static_cast<std::size_t>(r)] *= two_over_vv;
    const double half = dot(p.data(), v, static_cast<std::size_t>(i)) * two_over_vv / 2;
    for (int r = 0; r < i; ++r) p[static_cast<std::size_t>(r)] -= half * v[r];
    // G <- G - v w^T - w v^T, w = p - (p.v / v.v) v
    for (int r = 0; r < i; ++r) {
      double* row = g.row(r);
      const double* w = p.data();
      const double v_r = v[r], w_r = w[r];
      for (int c = 0; c <= r; ++c) row[c] -= v_r * w[c] + w_r * v[c];
    }
  }
  t.diagonal[0] = g(0, 0);
  return t;
}

// The largest eigenvalue, by dividing an interval that contains it into nine parts: lambda is above all eigenvalues if
// and only if every pivot of lambda I - T is positive. Eight points at a time keep the divider busy.
double largest_eigenvalue(const Tridiagonal& t) {
  const std::size_t n = t.diagonal.size();
  double low = t.diagonal[0], high = low;
  for (std::size_t i = 0; i < n; ++i) {
    low = std::max(low, t.diagonal[i]);
    const double radius = std::sqrt(t.squares[i]) + (i + 1 < n ? std::sqrt(t.squares[i + 1]) : 0.0);
    high = std::max(high, t.diagonal[i] + radius);  // Gershgorin
  }
  high += high * 0x1p-50;
  constexpr std::size_t points = 8;
  while (high - low > high * 0x1p-51) {
    std::array<double, points> lambda, pivot, above;
    for (std::size_t k = 0; k < points; ++k) {
      lambda[k] = low + (high - low) * (static_cast<double>(k + 1) / 9);
      pivot[k] = 1;
      above[k] = 1;
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < points; ++k) {
        pivot[k] = (lambda[k] - t.diagonal[i]) - t.squares[i] / pivot[k];
        above[k] = pivot[k] > 0 ? above[k] : 0;
      }
    }
    double new_low = low, new_high = high;
    for (std::size_t k = points; k-- > 0;) {
      if (above[k] > 0) {
        new_high = lambda[k];
      } else {
        new_low = lambda[k];
        break;
      }
    }
    if (new_low == low && new_high == high) break;
    low = new_low;
    high = new_high;
  }
  return low + (high - low) / 2;
}

}  // namespace

double spectral_norm(const Matrix& m) {
  const double largest = max_abs(m);
  if (largest == 0) return 0;
  if (!std::isfinite(largest)) return std::numeric_limits<double>::quiet_NaN();
  const double scale = binary_scale(largest);
  Matrix g = gram_matrix(m, scale);
  return std::sqrt(std::max(largest_eigenvalue(tridiagonal_form(g)), 0.0)) / scale;
}

}  // namespace tristab
