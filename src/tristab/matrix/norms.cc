#include "tristab/matrix/norms.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/matrix/norms.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/matrix/eight-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

double MaxAbs(const double* x, std::size_t size) {
  const hn::ScalableTag<double> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<double>()), kChains = 4;
  hn::Vec<decltype(d)> largest[kChains], invalid = hn::Zero(d);
  for (auto& chain : largest) chain = hn::Zero(d);
  std::size_t k = 0;
  for (; k + kChains * kLanes <= size; k += kChains * kLanes) {
    for (std::size_t c = 0; c < kChains; ++c) {
      const auto value = hn::LoadU(d, x + k + c * kLanes);
      largest[c] = hn::Max(hn::Abs(value), largest[c]);
      invalid = hn::Or(invalid, hn::VecFromMask(d, hn::IsNaN(value)));
    }
  }
  for (; k < size; k += kLanes) {
    const auto value = k + kLanes <= size ? hn::LoadU(d, x + k) : first_lanes(d, x + k, static_cast<int>(size - k));
    largest[0] = hn::Max(hn::Abs(value), largest[0]);
    invalid = hn::Or(invalid, hn::VecFromMask(d, hn::IsNaN(value)));
  }
  if (!hn::AllTrue(d, hn::Eq(invalid, hn::Zero(d)))) return std::numeric_limits<double>::quiet_NaN();
  const auto all = hn::Max(hn::Max(largest[0], largest[1]), hn::Max(largest[2], largest[3]));
  return hn::GetLane(hn::MaxOfLanes(d, all));
}

double MaxAbsBelow(const Matrix& m) {
  double largest = 0;
  for (int i = 1; i < m.rows(); ++i)
    largest = max_or_nan(largest, MaxAbs(m.row(i), static_cast<std::size_t>(std::min(i, m.columns()))));
  return largest;
}

bool IsStrictlyLower(const Matrix& m) {
  for (int i = 0; i < m.rows(); ++i) {
    const int begin = std::min(i, m.columns());
    if (MaxAbs(m.row(i) + begin, static_cast<std::size_t>(m.columns() - begin)) != 0) return false;
  }
  return true;
}

double SumOfSquares(const double* x, int size, double scale) {
  Eight sums = Eight::all(0);
  for_each_eight(size, [&](int i, int count) {
    const Eight scaled = Eight::load(x + i, count) * Eight::all(scale);
    sums = sums + scaled * scaled;
  });
  return sums.sum();
}

double ScaledFrobenius(const Matrix& m, double scale) {
  double sum = 0;
  for (int i = 0; i < m.rows(); ++i) sum += SumOfSquares(m.row(i), m.columns(), scale);
  return std::sqrt(sum);
}

double OneNorm(const Matrix& m) {
  double largest = 0;
  for_each_eight(m.columns(), [&](int j, int count) {
    Eight sums = Eight::all(0);
    for (int i = 0; i < m.rows(); ++i) sums = sums + magnitude(Eight::load(m.row(i) + j, count));
    alignas(64) double columns[8];
    sums.store(columns);
    for (int k = 0; k < count; ++k) largest = max_or_nan(largest, columns[k]);
  });
  return largest;
}

double InfinityNorm(const Matrix& m) {
  double largest = 0;
  for (int i = 0; i < m.rows(); ++i) {
    Eight sums = Eight::all(0);
    for_each_eight(m.columns(), [&](int j, int count) { sums = sums + magnitude(Eight::load(m.row(i) + j, count)); });
    largest = max_or_nan(largest, sums.sum());
  }
  return largest;
}

void RowSquares(const Matrix& m, bool strictly_lower, double* squares) {
  for (int i = 0; i < m.rows(); ++i)
    squares[i] = SumOfSquares(m.row(i), strictly_lower ? std::min(i, m.columns()) : m.columns(), 1);
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(MaxAbs);
HWY_EXPORT(MaxAbsBelow);
HWY_EXPORT(IsStrictlyLower);
HWY_EXPORT(ScaledFrobenius);
HWY_EXPORT(OneNorm);
HWY_EXPORT(InfinityNorm);
HWY_EXPORT(RowSquares);

double binary_scale(double largest) {
  if (largest == 0 || !std::isfinite(largest)) return 1;
  int e = 0;
  std::frexp(largest, &e);
  return std::ldexp(1.0, std::clamp(-e, -1022, 1022));
}

double max_abs(const Matrix& m) { return HWY_DYNAMIC_DISPATCH(MaxAbs)(m.values().data(), m.values().size()); }

double max_abs_below(const Matrix& m) { return HWY_DYNAMIC_DISPATCH(MaxAbsBelow)(m); }

double frobenius_norm(const Matrix& m) { return frobenius_norm(m, max_abs(m)); }

double frobenius_norm(const Matrix& m, double largest) {
  const double scale = binary_scale(largest);
  return HWY_DYNAMIC_DISPATCH(ScaledFrobenius)(m, scale) / scale;
}

double one_norm(const Matrix& m) { return HWY_DYNAMIC_DISPATCH(OneNorm)(m); }

double infinity_norm(const Matrix& m) { return HWY_DYNAMIC_DISPATCH(InfinityNorm)(m); }

std::vector<double> row_norms(const Matrix& m, bool strictly_lower) {
  std::vector<double> norms(static_cast<std::size_t>(m.rows()));
  HWY_DYNAMIC_DISPATCH(RowSquares)(m, strictly_lower, norms.data());
  for (int i = 0; i < m.rows(); ++i) {
    double& norm = norms[static_cast<std::size_t>(i)];
    if (norm > 1e-200 && norm < 1e200) {
      norm = std::sqrt(norm);
      continue;
    }
    Matrix row(1, strictly_lower ? std::min(i, m.columns()) : m.columns());  // its squares leave the range of double
    std::copy_n(m.row(i), row.columns(), row.values().data());
    norm = frobenius_norm(row);
  }
  return norms;
}

bool all_finite(const Matrix& m) { return std::isfinite(max_abs(m)); }

Matrix add_identity(const Matrix& a) {
  Matrix l = a;
  for (int i = 0; i < l.rows(); ++i) l(i, i) += 1;
  return l;
}

Matrix strictly_lower(const Matrix& m) {
  Matrix lower(m.rows(), m.columns());
  for (int i = 0; i < m.rows(); ++i) std::copy_n(m.row(i), std::min(i, m.columns()), lower.row(i));
  return lower;
}

bool is_strictly_lower(const Matrix& m) { return HWY_DYNAMIC_DISPATCH(IsStrictlyLower)(m); }

}  // namespace tristab
#endif  // HWY_ONCE
