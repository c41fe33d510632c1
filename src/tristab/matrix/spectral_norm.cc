#include "tristab/matrix/spectral_norm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "tristab/matrix/norms.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/matrix/spectral_norm.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/matrix/eight-inl.h"

// What the SIMD levels share.
#ifndef TRISTAB_MATRIX_SPECTRAL_NORM_SHARED
#define TRISTAB_MATRIX_SPECTRAL_NORM_SHARED
namespace tristab {

// Rows of a multiple of eight doubles.
struct PaddedRows {
  std::ptrdiff_t stride = 0;
  std::vector<double> values;

  void resize(int rows, int columns) {
    stride = (columns + 7) / 8 * 8;
    values.resize(static_cast<std::size_t>(rows * stride));
  }
  double* row(int i) { return values.data() + i * stride; }
  const double* row(int i) const { return values.data() + i * stride; }
};

struct Tridiagonal {
  std::vector<double> diagonal;
  std::vector<double> squares;  // squares[i]: square of the entry that couples i - 1 and i; squares[0] = 0
};

// A reflection I - 2 v v^T / v^T v changes G to G - v w^T - w v^T.
struct Reflection {
  bool exists = false;
  std::vector<double> v, w;
};

// The largest entry of the Gram matrix is at least 1/4. Entries below 1e-100 (squares below this) cannot change its
// norm, and a reflection built from squares that are nearly subnormal would not be orthogonal.
constexpr double negligible_square = 1e-200;

}  // namespace tristab
#endif

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// Rows that are walked together, as many as the registers hold.
constexpr int kRows = Eight::kParts == 1 ? 4 : 2;

// The lower triangle of scale^2 M^T M; the rest stays 0. Sums run along ascending rows of M; trailing zeros of a row of
// M are skipped.
void gram_matrix(const Matrix& m, double scale, PaddedRows& g) {
  const int n = m.columns(), rows = m.rows();
  thread_local PaddedRows scaled;
  thread_local std::vector<int> first_row;  // by column: no earlier row of M reaches it
  scaled.resize(rows, n);
  first_row.assign(static_cast<std::size_t>(n), rows);
  int reached = 0;
  for (int k = 0; k < rows; ++k) {
    const double* x = m.row(k);
    int extent = n;
    while (extent > 0 && x[extent - 1] == 0) --extent;
    for_each_eight(n,
                   [&](int j, int count) { (Eight::load(x + j, count) * Eight::all(scale)).store(scaled.row(k) + j); });
    for (; reached < extent; ++reached) first_row[static_cast<std::size_t>(reached)] = k;
  }
  g.resize(n, n);
  const auto block = [&](int i, int j, auto count) {  // rows i to i + count - 1 of G, columns j to j + 7
    constexpr int kCount = decltype(count)::value;
    Eight sums[kCount];
    for (Eight& sum : sums) sum = Eight::all(0);
    for (int k = first_row[static_cast<std::size_t>(i)]; k < rows; ++k) {
      const double* x = scaled.row(k);
      const Eight right = Eight::load(x + j);
      for (int r = 0; r < kCount; ++r) sums[r] = sums[r] + Eight::all(x[i + r]) * right;
    }
    for (int r = 0; r < kCount; ++r) sums[r].leading(std::min(i + r + 1 - j, 8)).store(g.row(i + r) + j);
  };
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    for (int j = 0; j < i + 4; j += 8) block(i, j, std::integral_constant<int, 4>());
  }
  for (; i < n; ++i) {
    for (int j = 0; j <= i; j += 8) block(i, j, std::integral_constant<int, 1>());
  }
}

// One walk over the rows r to r + kCount - 1 of the lower triangle, which lie in one stretch of eight columns: applies
// `before`, and adds their part of p = G v, of which only the lower triangle is stored.
template <int kCount, bool kUpdate, bool kMultiply>
HWY_INLINE void walk_rows(PaddedRows& g, int r, const Reflection& before, const double* v, double* p) {
  const double* v0 = before.v.data();
  const double* w0 = before.w.data();
  double* row[kCount];
  Eight dots[kCount];
  for (int k = 0; k < kCount; ++k) {
    row[k] = g.row(r + k);
    dots[k] = Eight::all(0);
  }
  const auto updated = [&](int k, int c, const Eight& old_v, const Eight& old_w) {
    const Eight x = Eight::load(row[k] + c);
    return x - (Eight::all(v0[r + k]) * old_w + Eight::all(w0[r + k]) * old_v);
  };
  const int full = r / 8 * 8;
  for (int c = 0; c < full; c += 8) {
    Eight old_v, old_w, x, sums;
    if constexpr (kUpdate) old_v = Eight::load(v0 + c), old_w = Eight::load(w0 + c);
    if constexpr (kMultiply) x = Eight::load(v + c), sums = Eight::load(p + c);
    for (int k = 0; k < kCount; ++k) {
      Eight entries;
      if constexpr (kUpdate) {
        entries = updated(k, c, old_v, old_w);
        entries.store(row[k] + c);
      } else {
        entries = Eight::load(row[k] + c);
      }
      if constexpr (kMultiply) {
        sums = sums + Eight::all(v[r + k]) * entries;
        dots[k] = dots[k] + entries * x;
      }
    }
    if constexpr (kMultiply) sums.store(p + c);
  }
  Eight sums = Eight::load(p + full), old_v, old_w, x;
  if constexpr (kUpdate) old_v = Eight::load(v0 + full), old_w = Eight::load(w0 + full);
  if constexpr (kMultiply) x = Eight::load(v + full);
  for (int k = 0; k < kCount; ++k) {
    const int diagonal = r + k - full;
    Eight entries = Eight::load(row[k] + full);
    if constexpr (kUpdate) {
      entries = updated(k, full, old_v, old_w).leading(diagonal + 1);
      entries.store(row[k] + full);
    }
    if constexpr (kMultiply) {
      // A lane of p is set by its own row, before later rows add to it.
      const double dot = (dots[k] + entries * x).sum();
      sums = (sums + Eight::all(v[r + k]) * entries).leading(diagonal) + Eight::all(dot).only(diagonal);
    }
  }
  if constexpr (kMultiply) sums.store(p + full);
}

template <bool kUpdate, bool kMultiply>
void walk(PaddedRows& g, int rows, const Reflection& before, const double* v, double* p) {
  int r = 0;
  for (; r + kRows <= rows; r += kRows) walk_rows<kRows, kUpdate, kMultiply>(g, r, before, v, p);
  for (; r < rows; ++r) walk_rows<1, kUpdate, kMultiply>(g, r, before, v, p);
}

// Householder reduction of the symmetric matrix whose lower triangle is g, from the last row upwards so that every
// inner loop walks along a row. One walk over G applies a reflection and multiplies by the vector of the next one.
void tridiagonal_form(PaddedRows& g, int n, Tridiagonal& t) {
  t.diagonal.assign(static_cast<std::size_t>(n), 0);
  t.squares.assign(static_cast<std::size_t>(n), 0);
  thread_local Reflection before, next;
  for (Reflection* each : {&before, &next}) {
    each->exists = false;
    each->v.assign(static_cast<std::size_t>(g.stride), 0);
    each->w.assign(static_cast<std::size_t>(g.stride), 0);
  }
  for (int i = n - 1; i > 0; --i) {
    if (before.exists) walk_rows<1, true, false>(g, i, before, nullptr, before.w.data());
    const double* last = g.row(i);
    t.diagonal[static_cast<std::size_t>(i)] = last[i];
    const double rest = dot_of(last, last, i - 1);
    const double square = rest + last[i - 1] * last[i - 1];
    t.squares[static_cast<std::size_t>(i)] = square;
    next.exists = rest >= negligible_square;
    if (!next.exists) {
      if (before.exists) walk<true, false>(g, i, before, nullptr, before.w.data());
      std::swap(before, next);
      continue;
    }
    double *v = next.v.data(), *p = next.w.data();
    const double norm = std::sqrt(square);
    std::copy(last, last + i, v);  // v_0 .. v_(i-1): the row to be mapped to a multiple of e_(i-1)
    std::fill(v + i, v + g.stride, 0.0);
    v[i - 1] += v[i - 1] < 0 ? -norm : norm;
    const double two_over_vv = 2 / (rest + v[i - 1] * v[i - 1]);
    before.exists ? walk<true, true>(g, i, before, v, p) : walk<false, true>(g, i, before, v, p);
    const Eight factor = Eight::all(two_over_vv);
    for_each_eight(i, [&](int r, int) { (Eight::load(p + r) * factor).store(p + r); });
    // w = p - (p.v / v.v) v
    const double half = dot_of(p, v, i) * two_over_vv / 2;
    for_each_eight(i, [&](int r, int) { (Eight::load(p + r) - Eight::all(half) * Eight::load(v + r)).store(p + r); });
    std::swap(before, next);
  }
  if (before.exists && n > 0) walk<true, false>(g, 1, before, nullptr, before.w.data());
  t.diagonal[0] = g.row(0)[0];
}

// The number of these eight ascending points that are not above all eigenvalues. A point is above them if and only if
// every pivot of lambda I - T is positive.
int points_below(const Tridiagonal& t, const double* points) {
  const Eight::Tag d;
  const Eight lambda = Eight::load(points);
  Eight pivot = Eight::all(1), above = Eight::all(1);
  for (std::size_t i = 0; i < t.diagonal.size(); ++i) {
    pivot = (lambda - Eight::all(t.diagonal[i])) - Eight::all(t.squares[i]) / pivot;
    above = of_parts(pivot, above, [&](auto p, auto a) { return hn::IfThenElseZero(hn::Gt(p, hn::Zero(d)), a); });
  }
  alignas(64) double is_above[8];
  above.store(is_above);
  int count = 8;
  while (count > 0 && is_above[count - 1] > 0) --count;
  return count;
}

// The largest eigenvalue, by dividing an interval that contains it into nine parts. Eight points at a time keep the
// divider busy.
double largest_eigenvalue(const Tridiagonal& t) {
  const std::size_t n = t.diagonal.size();
  double low = t.diagonal[0], high = low;
  for (std::size_t i = 0; i < n; ++i) {
    low = std::max(low, t.diagonal[i]);
    const double radius = std::sqrt(t.squares[i]) + (i + 1 < n ? std::sqrt(t.squares[i + 1]) : 0.0);
    high = std::max(high, t.diagonal[i] + radius);  // Gershgorin
  }
  high += high * 0x1p-50;
  while (high - low > high * 0x1p-51) {
    double lambda[8];
    for (int k = 0; k < 8; ++k) lambda[k] = low + (high - low) * (static_cast<double>(k + 1) / 9);
    const int below = points_below(t, lambda);
    const double new_low = below > 0 ? lambda[below - 1] : low, new_high = below < 8 ? lambda[below] : high;
    if (new_low == low && new_high == high) break;
    low = new_low;
    high = new_high;
  }
  return low + (high - low) / 2;
}

// ||scale M||_2.
double ScaledSpectralNorm(const Matrix& m, double scale) {
  thread_local PaddedRows g;
  thread_local Tridiagonal t;
  gram_matrix(m, scale, g);
  tridiagonal_form(g, m.columns(), t);
  return std::sqrt(std::max(largest_eigenvalue(t), 0.0));
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(ScaledSpectralNorm);

double spectral_norm(const Matrix& m) { return spectral_norm(m, max_abs(m)); }

double spectral_norm(const Matrix& m, double largest) {
  if (largest == 0) return 0;
  if (!std::isfinite(largest)) return std::numeric_limits<double>::quiet_NaN();
  const double scale = binary_scale(largest);
  return HWY_DYNAMIC_DISPATCH(ScaledSpectralNorm)(m, scale) / scale;
}

}  // namespace tristab
#endif  // HWY_ONCE
