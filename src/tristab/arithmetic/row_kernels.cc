// Elementwise kernels: additions, roundings, statistics and single operations over rows of carriers.
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/scalar_rows.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/row_kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/step-inl.h"

// A lambda of an inner loop: what it counts must stay in registers.
#undef TRISTAB_INLINED
#define TRISTAB_INLINED __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// Calls action(d, load, store, i) for every vector of [0, count); a last vector that is not full is processed on a
// copy.
template <class D, class T, class Action>
HWY_INLINE void for_each_vector(D d, const T* x, const T* y, T* z, int count, const Action& action) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  const hn::Rebind<T, D> dt;
  const auto lanes_of = [&](const T* from) {
    if constexpr (sizeof(T) == sizeof(hn::TFromD<D>)) {
      return hn::LoadU(d, from);
    } else {
      return hn::PromoteTo(d, hn::LoadU(dt, from));
    }
  };
  const auto write = [&](hn::Vec<D> value, T* to) {
    if constexpr (sizeof(T) == sizeof(hn::TFromD<D>)) {
      hn::StoreU(value, d, to);
    } else {
      hn::StoreU(narrowed(dt, value), dt, to);
    }
  };
  int i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const auto first = action(lanes_of(x + i), lanes_of(y + i));
    const auto second = action(lanes_of(x + i + kLanes), lanes_of(y + i + kLanes));
    write(first, z + i);
    write(second, z + i + kLanes);
  }
  for (; i + kLanes <= count; i += kLanes) write(action(lanes_of(x + i), lanes_of(y + i)), z + i);
  if (i == count) return;
  alignas(64) T xs[kLanes] = {}, ys[kLanes] = {}, zs[kLanes];
  for (int lane = 0; i + lane < count; ++lane) {
    xs[lane] = x[i + lane];
    ys[lane] = y[i + lane];
  }
  write(action(lanes_of(xs), lanes_of(ys)), zs);
  for (int lane = 0; i + lane < count; ++lane) z[i + lane] = zs[lane];
}

template <class T>
HWY_INLINE void sum_any(T* x, const T* y, T sign, int count, const Accumulation& accumulation) {
  // One factor is +-1, so every product is exact.
  const ProductFacts facts{true, true, false, 1};
  with_step<T>(accumulation, facts, [&](auto d, const auto& step_in) {
    const auto step = step_in;
    const auto factor = hn::Set(d, static_cast<hn::TFromD<decltype(d)>>(sign));
    for_each_vector(d, x, y, x, count,
                    [&](auto sum, auto addend) TRISTAB_INLINED { return step(d, sum, factor, addend); });
  });
}

// Calls action(d, round) with a lane type that can hold what the rounding needs.
template <class T, class Action>
HWY_INLINE void with_rounding(const Format& format, Rounding rounding, const Action& action) {
  const hn::ScalableTag<T> native;
  // Whether a tiny result is flushed is decided below the format's range; doubles reach below that of every format.
  const bool wide = sizeof(T) == sizeof(float) && !format.subnormals && format.min_exponent <= -126;
  if constexpr (sizeof(T) == sizeof(float)) {
    if (wide) {
      const hn::ScalableTag<double> d;
      const RoundingTarget<double> target(format);
      return action(d, [=](auto x) TRISTAB_INLINED { return round_to(d, x, target, rounding); });
    }
  }
  if constexpr (sizeof(T) == sizeof(float)) {
    const bool half = kHasFma && rounding == Rounding::nearest_even && format.is_ieee_style() &&
                      format.precision == 11 && format.min_exponent == -14 && format.max_exponent == 15;
    if (half) {
      if constexpr (kHasFma) return action(native, [=](auto x) TRISTAB_INLINED { return ToHalf{}(native, x); });
    }
  }
  const RoundingTarget<T> target(format);
  if (rounding == Rounding::nearest_even && target.by_addition)
    return action(native, [=](auto x) TRISTAB_INLINED { return round_by_addition(native, x, target); });
  if constexpr (sizeof(T) == sizeof(float)) {
    const bool same_range = format.is_ieee_style() && format.min_exponent == -126 && format.max_exponent == 127;
    if (rounding == Rounding::nearest_even && same_range && target.dropped >= 2) {
      const ToSameRange round{target.dropped, target.low};
      return action(native, [=](auto x) TRISTAB_INLINED { return hn::IfThenElse(hn::Eq(x, x), round(native, x), x); });
    }
  }
  if (rounding == Rounding::nearest_even)
    return action(native, [=](auto x) TRISTAB_INLINED { return round_to<Rounding::nearest_even>(native, x, target); });
  action(native, [=](auto x) { return round_to(native, x, target, rounding); });
}

template <class T>
HWY_INLINE void round_any(const T* x, T* z, int count, const Format& format, Rounding rounding) {
  with_rounding<T>(format, rounding, [&](auto d, const auto& round) {
    for_each_vector(d, x, x, z, count, [&](auto value, auto) TRISTAB_INLINED { return round(value); });
  });
}

// With kFinish: gather_statistics as well.
template <bool kFinish, class T>
HWY_INLINE void round_any_counted(T* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics) {
  with_rounding<T>(format, rounding, [&](auto d, const auto& round) {
    using Lane = hn::TFromD<decltype(d)>;
    const hn::RebindToSigned<decltype(d)> di;
    const auto infinity = hn::Inf(d), smallest = hn::Set(d, static_cast<Lane>(format.smallest_normal()));
    const auto most = hn::Set(d, static_cast<Lane>(format.largest()));
    const bool saturating = format.overflow == Overflow::saturate;
    RoundingTarget<Lane> unbounded(format);
    unbounded.largest = unbounded.beyond = std::numeric_limits<Lane>::infinity();
    auto overflows = hn::Zero(di), underflows = hn::Zero(di), finite_ones = hn::Zero(di);
    auto largest = hn::Zero(d);
    for_each_vector(d, x, x, x, count, [&](auto before, auto) TRISTAB_INLINED {
      const auto after = round(before);
      const auto size = hn::Abs(after), size_before = hn::Abs(before);
      const auto finite = hn::Lt(size_before, infinity);
      auto lost = hn::Not(hn::Lt(size, infinity));
      if (saturating) lost = hn::Gt(hn::Abs(round_to(d, before, unbounded, rounding)), most);
      lost = hn::And(lost, finite);
      const auto tiny = hn::And(hn::Ne(after, before), hn::Lt(size, smallest));
      overflows = hn::Sub(overflows, hn::VecFromMask(di, hn::RebindMask(di, lost)));
      underflows = hn::Sub(underflows, hn::VecFromMask(di, hn::RebindMask(di, tiny)));
      if constexpr (kFinish) {
        finite_ones = hn::Sub(finite_ones, hn::VecFromMask(di, hn::RebindMask(di, finite)));
        largest = hn::Max(largest, hn::IfThenElseZero(finite, size_before));
      }
      return after;
    });
    const auto sum = [&](auto lanes) { return static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(di, lanes))); };
    statistics.overflows += sum(overflows);
    statistics.underflows += sum(underflows);
    if constexpr (kFinish) {
      constexpr int kLanes = static_cast<int>(hn::MaxLanes(decltype(d)()));
      const int padded = (count + kLanes - 1) / kLanes * kLanes;  // with zeros
      statistics.nonfinite += padded - sum(finite_ones);
      statistics.largest = std::max(statistics.largest, static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, largest))));
    }
  });
}

// Bit patterns of magnitudes have the order of the magnitudes, so an integer maximum finds the largest.
template <class T>
HWY_INLINE void statistics_any(const T* x, int count, RowStatistics& statistics) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(d));
  using Bits = hn::TFromD<decltype(di)>;
  constexpr Bits kInfinity = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  const auto infinity = hn::Set(di, kInfinity);
  auto largest = hn::Zero(di), nonfinite = hn::Zero(di);
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto magnitude = hn::BitCast(di, hn::Abs(hn::LoadU(d, x + i)));
    const auto finite = hn::Lt(magnitude, infinity);
    nonfinite = hn::Add(nonfinite, hn::IfThenZeroElse(finite, hn::Set(di, 1)));
    largest = hn::Max(largest, hn::IfThenElseZero(finite, magnitude));
  }
  Bits rest = hn::GetLane(hn::MaxOfLanes(di, largest));
  statistics.nonfinite += static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(di, nonfinite)));
  for (; i < count; ++i) {
    const auto magnitude = std::bit_cast<Bits>(std::fabs(x[i]));
    if (magnitude < kInfinity) {
      rest = std::max(rest, magnitude);
    } else {
      ++statistics.nonfinite;
    }
  }
  statistics.largest = std::max(statistics.largest, static_cast<double>(std::bit_cast<T>(rest)));
}

template <class T>
HWY_INLINE bool negative_zero_any(const T* x, int count) {
  const hn::ScalableTag<T> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(d));
  const auto negative_zero = hn::BitCast(du, hn::SignBit(d));
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    if (!hn::AllFalse(du, hn::Eq(hn::BitCast(du, hn::LoadU(d, x + i)), negative_zero))) return true;
  }
  for (; i < count; ++i) {
    if (x[i] == 0 && std::signbit(x[i])) return true;
  }
  return false;
}

// Computes in float, to nearest even, if rounding twice is right because 24 >= 2 p + 2 (Figueroa 1995; Roux 2014).
// Otherwise in double; the remainder says on which side the exact result lies.
template <class T>
HWY_INLINE void operation_any(Operation operation, const T* x, const T* y, T* z, int count, const Format& format,
                              Rounding rounding) {
  const bool narrow = sizeof(T) == sizeof(float) && rounding == Rounding::nearest_even && format.precision <= 11 &&
                      format.is_ieee_style() && (format.precision <= 8 || format.min_exponent >= -62);
  if constexpr (sizeof(T) == sizeof(float)) {
    if (narrow) {
      const hn::ScalableTag<float> d;
      with_rounder(format, false, [&](const auto& round) {
        for_each_vector(d, x, y, z, count, [&](auto a, auto b) {
          switch (operation) {
            case Operation::add:
              return round(d, hn::Add(a, b));
            case Operation::subtract:
              return round(d, hn::Sub(a, b));
            case Operation::multiply:
              return round(d, hn::Mul(a, b));
            case Operation::divide:
              return round(d, hn::Div(a, b));
            case Operation::square_root:
              break;
          }
          return round(d, hn::Sqrt(a));
        });
      });
      return;
    }
  }
  const hn::ScalableTag<double> d;
  const RoundingTarget<double> target(format);
  if (format.precision == fp64_format().precision) {  // the hardware rounds to nearest even
    for_each_vector(d, x, y, z, count, [&](auto a, auto b) {
      switch (operation) {
        case Operation::add:
          return hn::Add(a, b);
        case Operation::subtract:
          return hn::Sub(a, b);
        case Operation::multiply:
          return hn::Mul(a, b);
        case Operation::divide:
          return hn::Div(a, b);
        case Operation::square_root:
          break;
      }
      return hn::Sqrt(a);
    });
    return;
  }
  for_each_vector(d, x, y, z, count, [&](auto a, auto b) {
    auto odd = hn::Zero(d);
    switch (operation) {
      case Operation::add:
        odd = ThroughOdd<true>{target, rounding, true}(d, a, hn::Set(d, 1.0), b);
        return odd;
      case Operation::subtract:
        odd = ThroughOdd<true>{target, rounding, true}(d, a, hn::Set(d, -1.0), b);
        return odd;
      case Operation::multiply: {
        const auto product = product_in_range(d, a, b);
        odd = force_odd(d, product, fused(d, a, b, hn::Neg(product)));
        break;
      }
      case Operation::divide: {
        const auto quotient = hn::Div(a, b);
        // a - q b has the sign of the exact quotient's distance from q, up to the sign of b.
        const auto remainder = fused(d, hn::Neg(quotient), b, a);
        odd = force_odd(d, quotient, hn::Xor(remainder, hn::And(b, hn::SignBit(d))));
        break;
      }
      case Operation::square_root: {
        const auto root = hn::Sqrt(a);
        odd = force_odd(d, root, fused(d, hn::Neg(root), root, a));
        break;
      }
    }
    return round_to(d, odd, target, rounding);
  });
}

// Plain functions, which the dispatch tables can hold.
void SumFloat(float* x, const float* y, float s, int n, const Accumulation& m) { sum_any(x, y, s, n, m); }
void SumDouble(double* x, const double* y, double s, int n, const Accumulation& m) { sum_any(x, y, s, n, m); }
void RoundFloat(const float* x, float* z, int n, const Format& f, Rounding r) { round_any(x, z, n, f, r); }
void RoundDouble(const double* x, double* z, int n, const Format& f, Rounding r) { round_any(x, z, n, f, r); }
void RoundCountedFloat(float* x, int n, const Format& f, Rounding r, RowStatistics& s) {
  round_any_counted<false>(x, n, f, r, s);
}
void RoundCountedDouble(double* x, int n, const Format& f, Rounding r, RowStatistics& s) {
  round_any_counted<false>(x, n, f, r, s);
}
void FinishFloat(float* x, int n, const Format& f, Rounding r, RowStatistics& s) {
  round_any_counted<true>(x, n, f, r, s);
}
void FinishDouble(double* x, int n, const Format& f, Rounding r, RowStatistics& s) {
  round_any_counted<true>(x, n, f, r, s);
}
void StatisticsFloat(const float* x, int n, RowStatistics& s) { statistics_any(x, n, s); }
void StatisticsDouble(const double* x, int n, RowStatistics& s) { statistics_any(x, n, s); }
bool NegativeZeroFloat(const float* x, int n) { return negative_zero_any(x, n); }
bool NegativeZeroDouble(const double* x, int n) { return negative_zero_any(x, n); }
void OperationFloat(Operation o, const float* x, const float* y, float* z, int n, const Format& f, Rounding r) {
  operation_any(o, x, y, z, n, f, r);
}
void OperationDouble(Operation o, const double* x, const double* y, double* z, int n, const Format& f, Rounding r) {
  operation_any(o, x, y, z, n, f, r);
}
const char* LevelName() {
  switch (HWY_TARGET) {
    case HWY_AVX3_DL:
    case HWY_AVX3:
      return "avx512";
    case HWY_AVX2:
      return "avx2";
    default:
      return "baseline";
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {
namespace {

HWY_EXPORT(SumFloat);
HWY_EXPORT(SumDouble);
HWY_EXPORT(RoundFloat);
HWY_EXPORT(RoundDouble);
HWY_EXPORT(RoundCountedFloat);
HWY_EXPORT(RoundCountedDouble);
HWY_EXPORT(FinishFloat);
HWY_EXPORT(FinishDouble);
HWY_EXPORT(StatisticsFloat);
HWY_EXPORT(StatisticsDouble);
HWY_EXPORT(NegativeZeroFloat);
HWY_EXPORT(NegativeZeroDouble);
HWY_EXPORT(OperationFloat);
HWY_EXPORT(OperationDouble);
HWY_EXPORT(LevelName);

}  // namespace

template <>
void accumulate_sum(float* x, const float* y, float sign, int count, const Accumulation& accumulation,
                    std::uint64_t draws, std::uint64_t first) {
  if (accumulation.rounding == Rounding::stochastic)
    return sum_stochastically(x, y, sign, count, accumulation.format, draws, first);
  HWY_DYNAMIC_DISPATCH(SumFloat)(x, y, sign, count, accumulation);
}
template <>
void accumulate_sum(double* x, const double* y, double sign, int count, const Accumulation& accumulation,
                    std::uint64_t draws, std::uint64_t first) {
  if (is_directed_double(accumulation.format, accumulation.rounding))
    return sum_exactly(x, y, sign, count, accumulation, draws, first);
  if (accumulation.rounding == Rounding::stochastic)
    return sum_stochastically(x, y, sign, count, accumulation.format, draws, first);
  HWY_DYNAMIC_DISPATCH(SumDouble)(x, y, sign, count, accumulation);
}
template <>
void round_row(const float* x, float* z, int count, const Format& format, Rounding rounding, std::uint64_t draws,
               std::uint64_t first) {
  if (rounding == Rounding::stochastic) return round_stochastically_row(x, z, count, format, draws, first, nullptr);
  HWY_DYNAMIC_DISPATCH(RoundFloat)(x, z, count, format, rounding);
}
template <>
void round_row(const double* x, double* z, int count, const Format& format, Rounding rounding, std::uint64_t draws,
               std::uint64_t first) {
  if (rounding == Rounding::stochastic) return round_stochastically_row(x, z, count, format, draws, first, nullptr);
  HWY_DYNAMIC_DISPATCH(RoundDouble)(x, z, count, format, rounding);
}
template <>
void round_row_counted(float* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics,
                       std::uint64_t draws, std::uint64_t first) {
  if (rounding == Rounding::stochastic) return round_stochastically_row(x, x, count, format, draws, first, &statistics);
  HWY_DYNAMIC_DISPATCH(RoundCountedFloat)(x, count, format, rounding, statistics);
}
template <>
void round_row_counted(double* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics,
                       std::uint64_t draws, std::uint64_t first) {
  if (rounding == Rounding::stochastic) return round_stochastically_row(x, x, count, format, draws, first, &statistics);
  HWY_DYNAMIC_DISPATCH(RoundCountedDouble)(x, count, format, rounding, statistics);
}
template <>
void gather_statistics(const float* x, int count, RowStatistics& statistics) {
  HWY_DYNAMIC_DISPATCH(StatisticsFloat)(x, count, statistics);
}
template <>
void gather_statistics(const double* x, int count, RowStatistics& statistics) {
  HWY_DYNAMIC_DISPATCH(StatisticsDouble)(x, count, statistics);
}
template <>
void finish_row(float* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics,
                std::uint64_t draws, std::uint64_t first) {
  if (rounding != Rounding::stochastic)
    return HWY_DYNAMIC_DISPATCH(FinishFloat)(x, count, format, rounding, statistics);
  gather_statistics(static_cast<const float*>(x), count, statistics);
  round_row_counted(x, count, format, rounding, statistics, draws, first);
}
template <>
void finish_row(double* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics,
                std::uint64_t draws, std::uint64_t first) {
  if (rounding != Rounding::stochastic)
    return HWY_DYNAMIC_DISPATCH(FinishDouble)(x, count, format, rounding, statistics);
  gather_statistics(static_cast<const double*>(x), count, statistics);
  round_row_counted(x, count, format, rounding, statistics, draws, first);
}
template <>
bool contains_negative_zero(const float* x, int count) {
  return HWY_DYNAMIC_DISPATCH(NegativeZeroFloat)(x, count);
}
template <>
bool contains_negative_zero(const double* x, int count) {
  return HWY_DYNAMIC_DISPATCH(NegativeZeroDouble)(x, count);
}
template <>
void apply_operation(Operation operation, const float* x, const float* y, float* z, int count, const Format& format,
                     Rounding rounding) {
  if (rounding == Rounding::stochastic) throw std::logic_error("single operations take no draws");
  HWY_DYNAMIC_DISPATCH(OperationFloat)(operation, x, y, z, count, format, rounding);
}
template <>
void apply_operation(Operation operation, const double* x, const double* y, double* z, int count, const Format& format,
                     Rounding rounding) {
  if (rounding == Rounding::stochastic) throw std::logic_error("single operations take no draws");
  if (is_directed_double(format, rounding)) return apply_exactly(operation, x, y, z, count, format, rounding);
  HWY_DYNAMIC_DISPATCH(OperationDouble)(operation, x, y, z, count, format, rounding);
}

const char* simd_level() { return HWY_DYNAMIC_DISPATCH(LevelName)(); }

}  // namespace tristab
#endif  // HWY_ONCE
