#include "tristab/metric/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "tristab/matrix/norms.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/metric/kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/matrix/eight-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// Calls action(first row, std::integral_constant rows) for tiles of four rows, then of one.
template <class Action>
HWY_INLINE void for_each_row_tile(int begin, int rows, const Action& action) {
  int i = begin;
  for (; i + 4 <= rows; i += 4) action(i, std::integral_constant<int, 4>());
  for (; i < rows; ++i) action(i, std::integral_constant<int, 1>());
}

int RowExtent(const double* x, int size) {
  const Eight::Tag d;
  const auto zeros = [&](const double* from) {
    const Eight lanes = Eight::load(from);
    bool all = true;
    for (int p = 0; p < Eight::kParts; ++p) all = all && hn::AllTrue(d, hn::Eq(lanes.part[p], hn::Zero(d)));
    return all;
  };
  while (size >= 8 && zeros(x + size - 8)) size -= 8;
  while (size > 0 && x[size - 1] == 0) --size;
  return size;
}

template <bool kAbsolute, int kRows, bool kFull>
HWY_INLINE void add_tile(const Matrix& left, const Matrix& right, Matrix& sums, int i, int j, int count, int begin,
                         int end) {
  if constexpr (kFull) count = 8;
  Eight tile[kRows];
  for (int r = 0; r < kRows; ++r) tile[r] = Eight::load(sums.row(i + r) + j, count);
  const double* factors = left.row(i);
  const std::ptrdiff_t left_stride = left.columns(), right_stride = right.columns();
  const double* y = right.row(begin) + j;
  for (int k = begin; k < end; ++k, y += right_stride) {
    const Eight entries = Eight::load(y, count);
    for (int r = 0; r < kRows; ++r) {
      const Eight products = Eight::all(factors[r * left_stride + k]) * entries;
      tile[r] = tile[r] + (kAbsolute ? magnitude(products) : products);
    }
  }
  for (int r = 0; r < kRows; ++r) tile[r].store(sums.row(i + r) + j, count);
}

template <bool kAbsolute>
void add_all_products(const Matrix& left, const std::vector<int>& left_extents, const Matrix& right,
                      const std::vector<int>& right_extents, Matrix& sums) {
  const int inner = right.rows();
  int first = 0;  // no earlier row of `right` reaches column j
  for_each_eight(sums.columns(), [&](int j, int count) {
    while (first < inner && right_extents[static_cast<std::size_t>(first)] <= j) ++first;
    for_each_row_tile(0, left.rows(), [&](int i, auto rows) {
      constexpr int kRows = decltype(rows)::value;
      const int end = *std::max_element(left_extents.begin() + i, left_extents.begin() + i + kRows);
      if (first >= end) return;
      if (count == 8) {
        add_tile<kAbsolute, kRows, true>(left, right, sums, i, j, count, first, end);
      } else {
        add_tile<kAbsolute, kRows, false>(left, right, sums, i, j, count, first, end);
      }
    });
  });
}

void AddProducts(const Matrix& left, const std::vector<int>& left_extents, const Matrix& right,
                 const std::vector<int>& right_extents, bool absolute, Matrix& sums) {
  absolute ? add_all_products<true>(left, left_extents, right, right_extents, sums)
           : add_all_products<false>(left, left_extents, right, right_extents, sums);
}

bool Substitute(const Matrix& computed, Matrix& r) {
  const int n = computed.rows();
  Eight invalid = Eight::all(0);  // NaN where an entry of D is not finite
  for_each_eight(n, [&](int j, int count) {
    for_each_row_tile(j, n, [&](int i, auto rows) {
      constexpr int kRows = decltype(rows)::value;
      Eight d[kRows];
      for (int t = 0; t < kRows; ++t) d[t] = Eight::all(0) - Eight::load(r.row(i + t) + j, count);
      const auto eliminate = [&](int t, int k, const Eight& entries) {
        d[t] = d[t] + Eight::all(-computed(i + t, k)) * entries;
      };
      for (int k = j; k < i; ++k) {
        const Eight entries = Eight::load(r.row(k) + j, count);
        for (int t = 0; t < kRows; ++t) eliminate(t, k, entries);
      }
      for (int t = 0; t < kRows; ++t) {
        for (int s = 0; s < t; ++s) eliminate(t, i + s, d[s]);
        const double divisor = computed(i + t, i + t);
        if (divisor != 1) d[t] = d[t] / Eight::all(divisor);
        d[t].store(r.row(i + t) + j, count);
        invalid = invalid + d[t] * Eight::all(0);
      }
    });
  });
  return invalid.sum() == 0;
}

void SubtractReference(const double* computed, const double* high, const double* low, double* e, std::size_t size) {
  const hn::ScalableTag<double> d;
  constexpr std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<double>());
  std::size_t k = 0;
  for (; k + kLanes <= size; k += kLanes) {
    const auto difference = hn::Sub(hn::LoadU(d, computed + k), hn::LoadU(d, high + k));
    hn::StoreU(hn::Sub(difference, hn::LoadU(d, low + k)), d, e + k);
  }
  for (; k < size; ++k) e[k] = (computed[k] - high[k]) - low[k];
}

// |e| in units of the last place of x != 0.
double in_ulps(double e, double x, UlpFormat format) {
  const int exponent = static_cast<int>(std::bit_cast<std::uint64_t>(x) >> 52 & 0x7ff) - 1023;
  return std::ldexp(std::fabs(e), format.precision - 1 - std::max(exponent, format.min_exponent));
}

void RaiseMaxima(const double* e, const double* x, const double* computed, int size, UlpFormat format,
                 EntryMaxima& maxima) {
  using Tag = Eight::Tag;
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  const auto zero = hn::Zero(d);
  const auto exponent_bits = hn::Set(di, 0x7ff), lowest = hn::Set(di, format.min_exponent + 1023);
  const hn::RebindToUnsigned<Tag> du;
  const int shift = format.precision - 1;
  const auto factor_bias = hn::Set(di, 2046 + shift), smallest = hn::Set(di, shift), largest = hn::Set(di, 2000);
  auto absolute = zero, relative = zero, ulps = zero;
  std::int64_t at_zero = 0, zeros = 0;
  bool extreme = false;  // the inverse of a unit of the last place is no normal double
  for_each_eight(size, [&](int i, int count) {
    const Eight error = Eight::load(e + i, count), exact = Eight::load(x + i, count),
                found = Eight::load(computed + i, count);
    for (int p = 0; p < Eight::kParts; ++p) {
      const auto e_size = hn::Abs(error.part[p]), x_part = exact.part[p];
      const auto is_zero = hn::Eq(x_part, zero);
      absolute = hn::Max(absolute, e_size);
      relative = hn::Max(relative, hn::IfThenZeroElse(is_zero, hn::Div(e_size, hn::Abs(x_part))));
      at_zero += static_cast<std::int64_t>(hn::CountTrue(d, hn::And(is_zero, hn::Ne(found.part[p], zero))));
      zeros += static_cast<std::int64_t>(hn::CountTrue(d, is_zero));
      if (format.precision == 0) continue;
      const auto biased = hn::BitCast(di, hn::ShiftRight<52>(hn::BitCast(du, x_part)));
      const auto exponent = hn::Max(hn::And(biased, exponent_bits), lowest);
      const auto outside = hn::Or(hn::Lt(exponent, smallest), hn::Gt(exponent, largest));
      extreme = extreme || !hn::AllFalse(di, hn::AndNot(hn::RebindMask(di, is_zero), outside));
      const auto inverse_ulp = hn::BitCast(d, hn::ShiftLeft<52>(hn::Sub(factor_bias, exponent)));
      ulps = hn::Max(ulps, hn::IfThenZeroElse(is_zero, hn::Mul(e_size, inverse_ulp)));
    }
  });
  const auto raise = [&](double& to, auto lanes) { to = max_or_nan(to, hn::GetLane(hn::MaxOfLanes(d, lanes))); };
  raise(maxima.absolute, absolute);
  raise(maxima.relative, relative);
  maxima.nonzero_at_zero += static_cast<double>(at_zero);
  const int padding = (8 - size % 8) % 8;  // zeros that belong to nothing
  maxima.any_nonzero = maxima.any_nonzero || zeros < size + padding;
  if (!extreme) return raise(maxima.ulps, ulps);
  for (int i = 0; i < size; ++i) {
    if (x[i] != 0 && e[i] != 0) maxima.ulps = max_or_nan(maxima.ulps, in_ulps(e[i], x[i], format));
  }
}

CorrelationSums Correlate(const Matrix& computed, double scale, double first, const Matrix& x,
                          const std::vector<int>& extents) {
  const Eight::Tag d;
  CorrelationSums result;
  Eight differs = Eight::all(0), varies = Eight::all(0);
  for (int i = 0; i < computed.rows(); ++i) {
    const int size = extents[static_cast<std::size_t>(i)];
    Eight product = Eight::all(0), squares = Eight::all(0);
    for_each_eight(size, [&](int j, int count) {
      const Eight y = Eight::load(computed.row(i) + j, count) * Eight::all(scale);
      const Eight exact = Eight::load(x.row(i) + j, count);
      product = product + exact * y;
      squares = squares + y * y;
      const auto unequal = [&](auto a, auto b) { return hn::VecFromMask(d, hn::Ne(a, b)); };
      const auto either = [&](auto a, auto b) { return hn::Or(a, b); };
      differs = of_parts(differs, of_parts(y, exact, unequal), either);
      varies = of_parts(varies, of_parts(y, Eight::all(first), unequal).leading(count), either);
    });
    result.product += product.sum();
    result.squares += squares.sum();
  }
  const auto none = [&](const Eight& lanes) {
    const hn::RebindToSigned<Eight::Tag> di;
    bool all = true;
    for (int p = 0; p < Eight::kParts; ++p)
      all = all && hn::AllTrue(di, hn::Eq(hn::BitCast(di, lanes.part[p]), hn::Zero(di)));
    return all;
  };
  result.equal = none(differs);
  result.constant = none(varies);
  return result;
}

CorrelationSums CentredSums(const Matrix& computed, double scale, double mean, const Matrix& x,
                            const std::vector<int>& columns) {
  CorrelationSums result;
  for (int i = 0; i < computed.rows(); ++i) {
    Eight product = Eight::all(0), squares = Eight::all(0);
    for_each_eight(columns[static_cast<std::size_t>(i)], [&](int j, int count) {
      const Eight y = (Eight::load(computed.row(i) + j, count) * Eight::all(scale) - Eight::all(mean)).leading(count);
      product = product + Eight::load(x.row(i) + j, count) * y;
      squares = squares + y * y;
    });
    result.product += product.sum();
    result.squares += squares.sum();
  }
  return result;
}

ColumnSums SumColumns(const Matrix& computed, const Matrix& residual, const Matrix& scale, bool triangular) {
  const Eight::Tag d;
  const int n = computed.rows(), columns = computed.columns();
  ColumnSums result(columns);
  Eight most = Eight::all(0), lower_most = Eight::all(0), invalid = Eight::all(0), lower_invalid = Eight::all(0);
  const auto scales = [](const Eight& largest) {
    alignas(64) double lanes[8];
    largest.store(lanes);
    for (double& lane : lanes) lane = binary_scale(lane);
    return Eight::load(lanes);
  };
  for_each_eight(columns, [&](int j, int count) {
    const int begin = triangular ? j : 0;
    Eight x_max = Eight::all(0), r_max = Eight::all(0);
    for (int i = begin; i < n; ++i) {
      x_max = larger(magnitude(Eight::load(computed.row(i) + j, count)), x_max);  // NaN in the first is left out
      r_max = larger(magnitude(Eight::load(residual.row(i) + j, count)), r_max);
    }
    const Eight x_scale = scales(x_max), r_scale = scales(r_max);
    Eight x_squares = Eight::all(0), r_squares = Eight::all(0), lower_squares = Eight::all(0);
    for (int i = begin; i < n; ++i) {
      const Eight r = Eight::load(residual.row(i) + j, count), s = Eight::load(scale.row(i) + j, count);
      const Eight x_scaled = Eight::load(computed.row(i) + j, count) * x_scale, r_scaled = r * r_scale;
      const Eight square = r_scaled * r_scaled;
      x_squares = x_squares + x_scaled * x_scaled;
      r_squares = r_squares + square;
      const Eight r_size = magnitude(r);
      const Eight quotient = r_size / s;
      Eight ratio = of_parts(
          quotient, s, [&](auto q, auto from) { return hn::IfThenElse(hn::Eq(from, hn::Zero(d)), hn::Inf(d), q); });
      ratio = of_parts(ratio, r, [&](auto q, auto x) { return hn::IfThenZeroElse(hn::Eq(x, hn::Zero(d)), q); });
      most = larger(ratio, most);
      invalid = of_parts(invalid, ratio, [&](auto a, auto q) { return hn::Or(a, hn::VecFromMask(d, hn::IsNaN(q))); });
      const int below = std::clamp(i - j, 0, 8);
      const Eight lower_ratio = ratio.leading(below);
      lower_squares = lower_squares + square.leading(below);
      lower_most = larger(lower_ratio, lower_most);
      lower_invalid = of_parts(lower_invalid, lower_ratio,
                               [&](auto a, auto q) { return hn::Or(a, hn::VecFromMask(d, hn::IsNaN(q))); });
    }
    x_scale.store(result.x_scale.data() + j, count);
    r_scale.store(result.r_scale.data() + j, count);
    x_squares.store(result.x_squares.data() + j, count);
    r_squares.store(result.r_squares.data() + j, count);
    lower_squares.store(result.lower_squares.data() + j, count);
  });
  const auto maximum = [&](const Eight& lanes, const Eight& broken) {
    const hn::RebindToSigned<Eight::Tag> di;
    for (int p = 0; p < Eight::kParts; ++p) {
      if (!hn::AllTrue(di, hn::Eq(hn::BitCast(di, broken.part[p]), hn::Zero(di))))
        return std::numeric_limits<double>::quiet_NaN();
    }
    return lanes.largest();
  };
  result.ratio = maximum(most, invalid);
  result.lower_ratio = maximum(lower_most, lower_invalid);
  return result;
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(RowExtent);
HWY_EXPORT(AddProducts);
HWY_EXPORT(Substitute);
HWY_EXPORT(SubtractReference);
HWY_EXPORT(RaiseMaxima);
HWY_EXPORT(Correlate);
HWY_EXPORT(CentredSums);
HWY_EXPORT(SumColumns);

int row_extent(const double* x, int size) { return HWY_DYNAMIC_DISPATCH(RowExtent)(x, size); }
void add_products(const Matrix& left, const std::vector<int>& left_extents, const Matrix& right,
                  const std::vector<int>& right_extents, bool absolute, Matrix& sums) {
  HWY_DYNAMIC_DISPATCH(AddProducts)(left, left_extents, right, right_extents, absolute, sums);
}
bool substitute(const Matrix& computed, Matrix& r) { return HWY_DYNAMIC_DISPATCH(Substitute)(computed, r); }
void subtract_reference(const Matrix& computed, const Matrix& high, const Matrix& low, Matrix& e) {
  HWY_DYNAMIC_DISPATCH(SubtractReference)
  (computed.values().data(), high.values().data(), low.values().data(), e.values().data(), e.values().size());
}
void raise_maxima(const double* e, const double* x, const double* computed, int count, UlpFormat format,
                  EntryMaxima& maxima) {
  HWY_DYNAMIC_DISPATCH(RaiseMaxima)(e, x, computed, count, format, maxima);
}
CorrelationSums correlation_sums(const Matrix& computed, double scale, double first, const Matrix& x,
                                 const std::vector<int>& extents) {
  return HWY_DYNAMIC_DISPATCH(Correlate)(computed, scale, first, x, extents);
}
CorrelationSums centred_sums(const Matrix& computed, double scale, double mean, const Matrix& x,
                             const std::vector<int>& columns) {
  return HWY_DYNAMIC_DISPATCH(CentredSums)(computed, scale, mean, x, columns);
}
ColumnSums::ColumnSums(int columns)
    : x_scale(static_cast<std::size_t>(columns)),
      r_scale(x_scale),
      x_squares(x_scale),
      r_squares(x_scale),
      lower_squares(x_scale) {}
ColumnSums column_sums(const Matrix& computed, const Matrix& residual, const Matrix& scale, bool triangular) {
  return HWY_DYNAMIC_DISPATCH(SumColumns)(computed, residual, scale, triangular);
}

}  // namespace tristab
#endif  // HWY_ONCE
