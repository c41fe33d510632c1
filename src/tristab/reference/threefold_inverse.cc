#include "tristab/reference/threefold_inverse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "tristab/matrix/norms.h"
#include "tristab/matrix/sum.h"
#include "tristab/reference/threefold_panel.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/reference/threefold_inverse.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using threefold::panel_row;
using threefold::panel_width;
using Lanes = hn::CappedTag<double, panel_width>;
using Vector = hn::Vec<Lanes>;

constexpr bool has_fma = HWY_TARGET <= HWY_AVX2;  // better targets have smaller numbers

struct Pair {
  Vector high, low;
};

// high + low = a + b exactly. Knuth.
HWY_INLINE Pair two_sum(Vector a, Vector b) {
  const Vector high = hn::Add(a, b);
  const Vector part = hn::Sub(high, a);
  return {high, hn::Add(hn::Sub(a, hn::Sub(high, part)), hn::Sub(b, part))};
}

// x = high + low, each of at most 26 bits. Veltkamp.
HWY_INLINE Pair split(Vector x) {
  const Vector shifted = hn::Mul(hn::Set(Lanes(), 134217729.0), x);  // 2^27 + 1
  const Vector high = hn::Sub(shifted, hn::Sub(shifted, x));
  return {high, hn::Sub(x, high)};
}

// high + low = a b exactly, barring underflow and overflow, whichever way it is computed.
HWY_INLINE Pair two_product(Vector a, Vector b) {
  const Vector high = hn::Mul(a, b);
  if constexpr (has_fma) {
    return {high, hn::MulSub(a, b, high)};
  } else {  // Dekker
    const Pair x = split(a), y = split(b);
    const Vector first = hn::Sub(hn::Mul(x.high, y.high), high);
    const Vector second = hn::Add(hn::Add(first, hn::Mul(x.high, y.low)), hn::Mul(x.low, y.high));
    return {high, hn::Add(second, hn::Mul(x.low, y.low))};
  }
}

struct Extremes {
  Vector smallest, largest;

  HWY_INLINE void add(Vector x) {
    const Vector size = hn::Abs(x);
    smallest = hn::Min(smallest, hn::IfThenElse(hn::Eq(x, hn::Zero(Lanes())), hn::Inf(Lanes()), size));
    largest = hn::Max(largest, size);
  }
  threefold::Range range() const {
    return {hn::GetLane(hn::MinOfLanes(Lanes(), smallest)), hn::GetLane(hn::MaxOfLanes(Lanes(), largest))};
  }
};

// Columns first .. first + 7 of X from A and its grains, n x n, row-major: x, bounds: rows first .. n - 1 of the panel.
// What is on or above the diagonal is 1 or 0, and 0 in the bounds.
threefold::PanelRanges substitute_panel(const double* a, const double* a_grains, int n, int first, double* x,
                                        double* bounds) {
  const Lanes d;
  const auto lanes = static_cast<int>(hn::MaxLanes(d));
  const Vector zero = hn::Zero(d), infinity = hn::Inf(d), exact_digits = hn::Set(d, 0x1p52);
  const Vector least = hn::Set(d, threefold::least_bound), up = hn::Set(d, 1 + 0x1p-29);
  // u, for three roundings of what is counted once; what exceeds 3 covers the rounding of the count itself.
  const Vector roundoff = hn::Set(d, 3 * 0x1p-53 * (1 + 0x1p-29));
  Extremes parts{infinity, zero}, rho{infinity, zero};
  const auto panel = [&](int row) { return x + static_cast<std::ptrdiff_t>(row - first) * panel_row; };
  for (int i = first; i < n; ++i) {
    const double* factors = a + static_cast<std::ptrdiff_t>(i) * n;
    const double* grains = a_grains + static_cast<std::ptrdiff_t>(i) * n;
    double* result = panel(i);
    for (int lane = 0; lane < panel_width; lane += lanes) {
      // The sum is s0 + s1 + s2; `rounded` counts the magnitudes of everything that was rounded on its way into s2.
      Vector s0 = zero, s1 = zero, s2 = zero, rounded = zero, grain = infinity, left_out = zero;
      for (int k = first; k < i; ++k) {
        const double* row = panel(k) + lane;
        if (std::fabs(factors[k]) < threefold::left_out_below) {
          if (factors[k] == 0) continue;
          const Vector size = hn::Abs(hn::LoadU(d, row));
          const Vector product = hn::Max(hn::Mul(hn::Set(d, std::fabs(factors[k])), size), least);
          left_out = hn::Add(left_out, hn::IfThenZeroElse(hn::Eq(size, zero), product));
          continue;
        }
        const Vector factor = hn::Set(d, factors[k]);
        const Pair first_product = two_product(factor, hn::LoadU(d, row));
        const Pair second_product = two_product(factor, hn::LoadU(d, row + panel_width));
        const Vector third = hn::Mul(factor, hn::LoadU(d, row + 2 * panel_width));
        const Pair leading = two_sum(s0, first_product.high);
        const Pair both = two_sum(first_product.low, second_product.high);
        const Pair all = two_sum(both.high, leading.low);
        const Pair next = two_sum(s1, all.high);
        s0 = leading.high;
        s1 = next.high;
        const Vector c = hn::Add(both.low, all.low), e = hn::Add(next.low, second_product.low);
        s2 = hn::Add(s2, hn::Add(hn::Add(c, e), third));
        rounded = hn::Add(rounded, hn::Add(hn::Add(hn::Abs(c), hn::Abs(e)), hn::Add(hn::Abs(third), hn::Abs(s2))));
        grain = hn::Min(grain, hn::Mul(hn::Set(d, grains[k]), hn::LoadU(d, row + 3 * panel_width)));
      }
      // Exactly the same sum in parts that do not overlap; twice, for sums that cancelled.
      Pair low = two_sum(s1, s2);
      Pair high = two_sum(s0, low.high);
      low = two_sum(high.low, low.low);
      high = two_sum(high.high, low.high);
      low = two_sum(high.low, low.low);
      // 0 - x, so that no zero has a sign.
      const Vector result_high = hn::Sub(zero, high.high), result_low = hn::Sub(zero, low.high),
                   result_rest = hn::Sub(zero, low.low);
      // Sums of multiples of a power of two that stay below 2^53 times it are not rounded at all.
      const auto unrounded = hn::Le(rounded, hn::Mul(grain, exact_digits));
      const Vector bound = hn::Add(hn::IfThenZeroElse(unrounded, hn::Mul(rounded, roundoff)), hn::Mul(left_out, up));
      const auto exact = hn::Eq(bound, zero);
      grain = hn::IfThenElseZero(exact, hn::IfThenElse(hn::Eq(result_high, zero), infinity, grain));
      hn::StoreU(result_high, d, result + lane);
      hn::StoreU(result_low, d, result + panel_width + lane);
      hn::StoreU(result_rest, d, result + 2 * panel_width + lane);
      hn::StoreU(grain, d, result + 3 * panel_width + lane);
      hn::StoreU(bound, d, bounds + static_cast<std::ptrdiff_t>(i - first) * panel_width + lane);
      parts.add(result_high);
      parts.add(result_low);
      parts.add(result_rest);
      rho.add(bound);
    }
    if (i < first + panel_width) result[i - first] = result[3 * panel_width + i - first] = 1;
  }
  return {parts.range(), rho.range()};
}

// Where x + y rounds to x for every |y| <= distance.
HWY_INLINE auto covers(Vector x, Vector distance) {
  return hn::And(hn::Eq(hn::Add(x, distance), x), hn::Eq(hn::Sub(x, distance), x));
}

// Whether high and low of a panel are those of X: every number within |X| rho of high + low + rest rounds to them.
// `high` is all of Xh's leading part, n x n, row-major. Leaves the bounds of |X - Xh| where the grains were.
bool proves_panel(const double* high, int n, int first, double* x, const double* bounds) {
  const Lanes d;
  const auto lanes = static_cast<int>(hn::MaxLanes(d));
  const Vector zero = hn::Zero(d);
  // Twice the bound: the proof needs a little more than once, and an inverse in MPFR lies within the rest.
  const Vector twice = hn::Set(d, 2 * (1 + 0x1p-28)), up = hn::Set(d, 1 + 0x1p-50);
  auto proved = hn::Eq(zero, zero);
  for (int i = first + 1; i < n; ++i) {
    const double* factors = high + static_cast<std::ptrdiff_t>(i) * n;
    double* parts = x + static_cast<std::ptrdiff_t>(i - first) * panel_row;
    for (int lane = 0; lane < panel_width; lane += lanes) {
      const auto term = [&](int k) {
        const Vector bound = hn::LoadU(d, bounds + static_cast<std::ptrdiff_t>(k - first) * panel_width + lane);
        return hn::Mul(hn::Set(d, std::fabs(factors[k])), bound);
      };
      Vector even = zero, odd = zero;
      int k = first + 1;
      for (; k < i; k += 2) {
        even = hn::Add(even, term(k));
        odd = hn::Add(odd, term(k + 1));
      }
      if (k == i) even = hn::Add(even, term(i));
      const Vector error = hn::Mul(hn::Add(even, odd), twice);
      hn::StoreU(error, d, parts + 3 * panel_width + lane);
      const Vector h = hn::LoadU(d, parts + lane), l = hn::LoadU(d, parts + panel_width + lane),
                   t = hn::LoadU(d, parts + 2 * panel_width + lane);
      // Whatever is within the error of low + rest rounds to low ...
      const Vector below = hn::Mul(hn::Add(hn::Abs(t), error), up);
      const auto low_holds = hn::Or(hn::And(hn::Eq(error, zero), hn::Eq(hn::Add(l, t), l)), covers(l, below));
      // ... and whatever is within the error of high + low + rest rounds to high.
      const auto high_holds =
          hn::Or(hn::And(hn::Eq(below, zero), hn::Eq(hn::Add(h, l), h)), covers(h, hn::Mul(hn::Abs(l), up)));
      proved = hn::And(proved, hn::And(low_holds, high_holds));
    }
  }
  return hn::AllTrue(d, proved);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(substitute_panel);
HWY_EXPORT(proves_panel);

namespace {

using threefold::panel_row;
using threefold::panel_width;
using threefold::Range;

Range united(const Range& a, const Range& b) {
  return {std::min(a.smallest, b.smallest), std::max(a.largest, b.largest)};
}

// Of the entries that are not below the threshold.
Range range_of_strictly_lower(const Matrix& a, double threshold) {
  Range range;
  for (int i = 1; i < a.rows(); ++i) {
    for (int j = 0; j < i; ++j) {
      const double size = std::fabs(a(i, j));
      range.smallest = size >= threshold && size < range.smallest ? size : range.smallest;
      range.largest = size > range.largest ? size : range.largest;
    }
  }
  return range;
}

// The lowest bit of a number that is set, as a power of two; unspecified for 0.
double grain_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  constexpr std::uint64_t significand = (std::uint64_t{1} << 52) - 1;
  if ((bits & significand) == 0) return std::fabs(x);
  return std::fabs(x - std::bit_cast<double>(bits & (bits - 1)));
}

// No product of a and a part of X overflows, also when its factors are split, and all of its bits are above 2^-1074.
bool products_are_exact(const Range& a, const Range& parts) {
  constexpr double largest = 0x1p400, smallest = 0x1p-960;
  const double least_a = std::min(a.smallest, 1.0), least_part = std::min(parts.smallest, 1.0);
  return a.largest <= largest && parts.largest <= largest && least_a >= smallest && least_part >= smallest / least_a;
}

// The panels of X and of the bounds of its residual; a thread inverts many matrices of few sizes.
class Panels {
 public:
  void shape(int n) {
    n_ = n;
    std::size_t rows = 0;
    for (int first = 0; first < n; first += panel_width) rows += static_cast<std::size_t>(n - first);
    if (rows * panel_row > x_.size()) x_.resize(rows * panel_row);
    if (rows * panel_width > bounds_.size()) bounds_.resize(rows * panel_width);
    const std::size_t square = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
    if (square > grains_.size()) grains_.resize(square);
  }
  double* grains() { return grains_.data(); }  // of A, n x n
  // Calls action(first column, x, bounds) for each panel.
  template <class Action>
  void for_each(const Action& action) {
    double* x = x_.data();
    double* bounds = bounds_.data();
    for (int first = 0; first < n_; first += panel_width) {
      action(first, x, bounds);
      x += static_cast<std::ptrdiff_t>(n_ - first) * panel_row;
      bounds += static_cast<std::ptrdiff_t>(n_ - first) * panel_width;
    }
  }

 private:
  int n_ = 0;
  std::vector<double> x_, bounds_, grains_;
};

// Part 0, 1 or 2 of a panel into the columns of a matrix.
void unpack(const double* x, int first, int part, Matrix& target) {
  const int n = target.rows();
  const auto count = static_cast<std::size_t>(std::min(panel_width, n - first)) * sizeof(double);
  for (int i = first; i < n; ++i) {
    std::memcpy(target.row(i) + first, x + static_cast<std::ptrdiff_t>(i - first) * panel_row + part * panel_width,
                count);
  }
}

// An upper bound of the Frobenius norm of the bounds.
double norm_of_bounds(Panels& panels, int n) {
  double largest = 0;
  panels.for_each([&](int first, const double*, const double* bounds) {
    largest =
        std::max(largest, *std::max_element(bounds, bounds + static_cast<std::ptrdiff_t>(n - first) * panel_width));
  });
  if (largest == 0) return 0;
  const double scale = binary_scale(largest);
  std::array<double, panel_width> sums{};
  panels.for_each([&](int first, const double*, const double* bounds) {
    for (int i = first; i < n; ++i, bounds += panel_width) {
      for (std::size_t c = 0; c < panel_width; ++c) sums[c] += (bounds[c] * scale) * (bounds[c] * scale);
    }
  });
  return std::sqrt(combined(sums)) / scale * (1 + 0x1p-29);
}

// Where A has entries below this (decays do so), it is balanced first.
constexpr double balanced_below = 0x1p-320;

// Exponents d that bring the largest entry of every row of B, B_ij = 2^(d_j - d_i) A_ij, into [1, 2). The inverse of
// I + B is 2^(d_j - d_i) X_ij: powers of two change no rounding, so only the range of the numbers differs.
std::vector<int> balancing_exponents(const Matrix& a) {
  std::vector<int> d(static_cast<std::size_t>(a.rows()));
  for (std::size_t i = 1; i < d.size(); ++i) {
    const double* row = a.row(static_cast<int>(i));
    int largest = std::numeric_limits<int>::min();
    for (std::size_t j = 0; j < i; ++j) {
      if (row[j] != 0) largest = std::max(largest, d[j] + std::ilogb(row[j]));
    }
    d[i] = largest == std::numeric_limits<int>::min() ? d[i - 1] : largest;
  }
  return d;
}

// 2^shift x for the x + rest that is known to within `error` and rounds to x: the double nearest to 2^shift (x + rest),
// also below the normal range. False where it is open which one.
bool shifted(double x, double rest, double error, int shift, double& result) {
  constexpr double least = std::numeric_limits<double>::denorm_min();
  result = std::ldexp(x, shift) + 0.0;
  const double lost = x - std::ldexp(result, -shift);  // exact
  if (lost == 0 || (rest == 0 && error == 0)) return std::isfinite(result);
  const double half = std::ldexp(0.5, -1074 - shift);  // of the least double
  if (std::fabs(lost) == half) {                       // a tie, which the rest breaks
    if (std::fabs(rest) <= error * (1 + 0x1p-50)) return false;
    if ((lost > 0) == (rest > 0)) result += lost > 0 ? least : -least;
    return true;
  }
  return std::fabs(lost) + (std::fabs(rest) + error) * (1 + 0x1p-50) < half;
}

// 2^shift (h + l + t), known to within 2^shift error, h and l rounded to nearest as proves_panel says: high becomes the
// nearest double, low the double nearest to what remains. False where it is open which ones, or beyond double's range.
struct Entry {
  double high = 0, low = 0, rest = 0;

  bool restore(double h, double l, double t, double error, int shift) {
    if (!shifted(h, l, std::fabs(t) + error, shift, high)) return false;
    const double lost = h - std::ldexp(high, -shift);
    if (lost != 0) {  // high is a multiple of the least double, and the rest is less than half of that
      rest = std::ldexp(lost, shift);
      return true;
    }
    rest = std::ldexp(t, shift);
    return shifted(l, t, error, shift, low);
  }
};

// Takes the scaling of B back, also from the bounds.
bool restore_panels(Panels& panels, const std::vector<int>& d, Reference& reference, Matrix* rest) {
  bool proved = true;
  panels.for_each([&](int first, const double* x, double* bounds) {
    for (int i = first; i < reference.n; ++i, x += panel_row, bounds += panel_width) {
      for (int j = first; j < std::min(i, first + panel_width); ++j) {
        const int shift = d[static_cast<std::size_t>(i)] - d[static_cast<std::size_t>(j)];
        const double* parts = x + (j - first);
        Entry entry;
        proved = proved &&
                 entry.restore(parts[0], parts[panel_width], parts[2 * panel_width], parts[3 * panel_width], shift);
        reference.high(i, j) = entry.high;
        reference.low(i, j) = entry.low;
        if (rest != nullptr) (*rest)(i, j) = entry.rest;
        double& bound = bounds[j - first];
        if (bound != 0) bound = std::max(std::ldexp(bound, shift), threefold::least_bound);
      }
    }
  });
  return proved;
}

}  // namespace

std::optional<Reference> invert_threefold(const Matrix& a, Matrix* rest) {
  const int n = a.rows();
  Range entries = range_of_strictly_lower(a, std::numeric_limits<double>::denorm_min());
  std::vector<int> exponents;
  Matrix balanced;
  if (entries.smallest < balanced_below) {
    exponents = balancing_exponents(a);
    balanced = Matrix(n, n);
    for (int i = 1; i < n; ++i) {
      for (int j = 0; j < i; ++j) {
        balanced(i, j) =
            std::ldexp(a(i, j), exponents[static_cast<std::size_t>(j)] - exponents[static_cast<std::size_t>(i)]);
        if (a(i, j) != 0 && balanced(i, j) == 0) return {};
      }
    }
    entries = range_of_strictly_lower(balanced, threefold::left_out_below);
  }
  const Matrix& b = exponents.empty() ? a : balanced;
  if (!products_are_exact(entries, {})) return {};

  thread_local Panels panels;
  panels.shape(n);
  for (int i = 1; i < n; ++i) {
    std::transform(b.row(i), b.row(i) + i, panels.grains() + static_cast<std::ptrdiff_t>(i) * n, grain_of);
  }
  Range parts, rho;
  Reference reference{.n = n, .high = Matrix(n, n), .low = Matrix(n, n), .bits = threefold_bits};
  panels.for_each([&](int first, double* x, double* bounds) {
    const threefold::PanelRanges ranges =
        HWY_DYNAMIC_DISPATCH(substitute_panel)(b.values().data(), panels.grains(), n, first, x, bounds);
    parts = united(parts, ranges.parts);
    rho = united(rho, ranges.rho);
    unpack(x, first, 0, reference.high);
    unpack(x, first, 1, reference.low);
  });
  // |X| rho is computed without underflow, too.
  constexpr double smallest_error = 0x1p-1000;
  if (!products_are_exact(entries, parts) || rho.smallest < smallest_error / std::min(parts.smallest, 1.0)) return {};

  bool proved = true;
  panels.for_each([&](int first, double* x, const double* bounds) {
    proved = proved && HWY_DYNAMIC_DISPATCH(proves_panel)(reference.high.values().data(), n, first, x, bounds);
  });
  if (!proved) return {};
  if (rest != nullptr) {
    *rest = Matrix(n, n);
    panels.for_each([&](int first, const double* x, const double*) { unpack(x, first, 2, *rest); });
  }
  if (!exponents.empty() && !restore_panels(panels, exponents, reference, rest)) return {};
  reference.residual = norm_of_bounds(panels, n);
  if (!(reference.residual <= std::ldexp(1.0, allowed_residual_exponent))) return {};
  return reference;
}

}  // namespace tristab
#endif  // HWY_ONCE
