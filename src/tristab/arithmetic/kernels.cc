#include "tristab/arithmetic/kernels.h"

#include <bit>
#include <cmath>
#include <limits>

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/kernels.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/format/round.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// ---- one step of an accumulation: acc "+" a b ----

// c := c + a b in the carrier itself, both operations rounded to nearest even by the hardware.
template <class Carrier>
struct NativeSeparate {
  static constexpr bool kFused = false;
  HWY_INLINE Carrier operator()(Carrier c, Carrier a, Carrier b) const { return c + a * b; }
};

template <class Carrier>
struct NativeFused {
  static constexpr bool kFused = true;
  HWY_INLINE Carrier operator()(Carrier c, Carrier a, Carrier b) const { return std::fma(a, b, c); }
};

// Formats with p <= 11 whose products are exact in fp32, and bf16: rounding the fp32 result again is right,
// because 24 >= 2 p + 2 (Figueroa 1995; Roux 2014 for subnormals).
struct NarrowSeparate {
  static constexpr bool kFused = false;
  RoundingTarget<float> target;
  HWY_INLINE float operator()(float c, float a, float b) const {
    const float product = round_value<Rounding::nearest_even>(a * b, target);
    return round_value<Rounding::nearest_even>(c + product, target);
  }
};

// `sum` where it is exactly zero: rounding down gives -0 unless both terms are +0 (IEEE 754-2019
// section 6.3).
template <Rounding mode>
HWY_INLINE double with_sign_of_zero(double sum, double x, double y) {
  if constexpr (mode != Rounding::down) return sum;
  const std::uint64_t sign =
      (std::bit_cast<std::uint64_t>(x) | std::bit_cast<std::uint64_t>(y)) & (std::uint64_t{1} << 63);
  return sum == 0 ? std::bit_cast<double>(sign) : sum;
}

// x y to nearest, but a product of finite non-zero factors that leaves the range of double stays finite and
// non-zero: what is rounded next needs no more of it than its side.
HWY_INLINE double product_in_range(double x, double y) {
  const double product = x * y;
  const double largest = std::numeric_limits<double>::max(),
               smallest = std::numeric_limits<double>::denorm_min();
  const bool finite = x - x == 0 && y - y == 0;
  double size = std::fabs(product);
  size = finite && size > largest ? largest : size;
  size = size == 0 && x != 0 && y != 0 ? smallest : size;
  return std::copysign(size, product);
}

// Any format of up to 51 bits in any rounding: exact products and sums in double, rounded to odd where
// inexact, then rounded once to the format.
template <class Carrier, Rounding mode, bool fused, bool exact_products>
struct ThroughOdd {
  static constexpr bool kFused = fused;
  RoundingTarget<double> target;
  HWY_INLINE Carrier operator()(Carrier c, Carrier a, Carrier b) const {
    const double x = a, y = b, z = c;
    double product = exact_products ? x * y : product_in_range(x, y);
    double sum;
    if constexpr (exact_products && fused) {
      sum = sum_to_odd(z, product);
    } else if constexpr (fused) {
      // Boldo and Melquiond 2008, figure 5, with the last addition rounded to odd as well.
      const double product_error = product == x * y ? std::fma(x, y, -product) : 0;
      const double low = z + product_error;
      const double low_part = low - z;
      const double low_error = (z - (low - low_part)) + (product_error - low_part);
      const double high = product + low;
      const double high_part = high - product;
      const double high_error = (product - (high - high_part)) + (low - high_part);
      const double rest = sum_to_odd(high_error, low_error);
      sum = sum_to_odd(high, rest);
      const double plain = z + product;
      sum = plain - plain == 0 && sum != 0 ? sum : plain;  // infinities, NaN and the signs of exact zeros
    } else {
      if constexpr (!exact_products) product = force_odd(product, std::fma(x, y, -product));
      product = round_value<mode>(product, target);
      sum = sum_to_odd(z, product);
    }
    return static_cast<Carrier>(round_value<mode>(with_sign_of_zero<mode>(sum, z, product), target));
  }
};

// ---- loops ----

constexpr int kMaximumInner = 1024;  // columns of the left operand; matrices have at most 256

template <class Carrier>
HWY_NOINLINE bool negative_zero_loop(const Carrier* HWY_RESTRICT x, int count) {
  using Bits = typename RoundingTarget<Carrier>::Bits;
  Bits found = 0;
  for (int i = 0; i < count; ++i)
    found |= static_cast<Bits>(std::bit_cast<Bits>(x[i]) == RoundingTarget<Carrier>::kSign);
  return found != 0;
}

// A fused multiply-add that underflows can leave -0, which a later product that is +0 would have made +0:
// looks through the products that were left out, last to first.
template <class Carrier>
HWY_NOINLINE void restore_signs_of_zeros(const ProductTask<Carrier>& task, int i) {
  const Carrier* a = task.a + i * task.a_stride;
  Carrier* acc = task.accumulator + i * task.accumulator_stride;
  for (int j = 0; j < task.columns; ++j) {
    if (acc[j] != 0 || !std::signbit(acc[j])) continue;
    for (int k = task.inner - 1; k >= 0; --k) {
      const Carrier b = task.b[k * task.b_stride + j];
      if (a[k] != 0 && b != 0) break;
      if (std::signbit(a[k]) == std::signbit(b)) {
        acc[j] = 0;
        break;
      }
    }
  }
}

template <class Carrier, class Step>
HWY_NOINLINE void product_rows(const ProductTask<Carrier>& task, const Step& step_in) {
  const Step step = step_in;  // a copy whose address nothing else knows stays in registers
  const bool ranges = task.skip_zeros && task.rows >= 4 && task.inner <= kMaximumInner;
  short first[kMaximumInner], last[kMaximumInner];  // columns [first, last) of b's row k hold its non-zeros
  if (ranges) {
    for (int k = 0; k < task.inner; ++k) {
      const Carrier* b = task.b + k * task.b_stride;
      int begin = 0, end = task.columns;
      while (end > 0 && b[end - 1] == 0) --end;
      while (begin < end && b[begin] == 0) ++begin;
      first[k] = static_cast<short>(begin);
      last[k] = static_cast<short>(end);
    }
  }
  for (int i = 0; i < task.rows; ++i) {
    const Carrier* a = task.a + i * task.a_stride;
    Carrier* HWY_RESTRICT acc = task.accumulator + i * task.accumulator_stride;
    int waiting =
        -1;  // a k whose products wait to be added together with the next one's: half the loads and stores
    for (int k = 0; k <= task.inner; ++k) {
      if (k < task.inner) {
        if (task.skip_zeros && (a[k] == 0 || (ranges && first[k] == last[k]))) continue;
        if (waiting < 0) {
          waiting = k;
          continue;
        }
      } else if (waiting < 0) {
        break;
      }
      const Carrier* HWY_RESTRICT b0 = task.b + waiting * task.b_stride;
      const Carrier a0 = a[waiting];
      int begin = ranges ? first[waiting] : 0;
      int end = ranges ? last[waiting] : task.columns;
      if (k == task.inner) {
        for (int j = begin; j < end; ++j) acc[j] = step(acc[j], a0, b0[j]);
        break;
      }
      const Carrier* HWY_RESTRICT b1 = task.b + k * task.b_stride;
      const Carrier a1 = a[k];
      if (ranges) {
        begin = first[k] < begin ? first[k] : begin;
        end = last[k] > end ? last[k] : end;
      }
      for (int j = begin; j < end; ++j) acc[j] = step(step(acc[j], a0, b0[j]), a1, b1[j]);
      waiting = -1;
    }
    if constexpr (Step::kFused) {
      if (task.skip_zeros && negative_zero_loop(acc, task.columns)) restore_signs_of_zeros(task, i);
    }
  }
}

template <class Carrier, class Step>
HWY_NOINLINE void sum_row(Carrier* HWY_RESTRICT x, const Carrier* HWY_RESTRICT y, Carrier sign, int count,
                          const Step& step_in) {
  const Step step = step_in;
  for (int i = 0; i < count; ++i) x[i] = step(x[i], sign, y[i]);
}

// Calls action(step) with the step that computes `accumulation` exactly and fastest.
template <class Carrier, Rounding mode, class Action>
HWY_INLINE void with_odd_step(const Accumulation& accumulation, bool exact_products, const Action& action) {
  const RoundingTarget<double> target(accumulation.format);
  if (accumulation.fma) {
    exact_products ? action(ThroughOdd<Carrier, mode, true, true>{target})
                   : action(ThroughOdd<Carrier, mode, true, false>{target});
  } else {
    exact_products ? action(ThroughOdd<Carrier, mode, false, true>{target})
                   : action(ThroughOdd<Carrier, mode, false, false>{target});
  }
}

template <class Carrier, class Action>
HWY_INLINE void with_step(const Accumulation& accumulation, int operand_precision, const Action& action) {
  const Format& format = accumulation.format;
  const bool nearest = accumulation.rounding == Rounding::nearest_even;
  constexpr bool is_float = sizeof(Carrier) == sizeof(float);
  const bool native = nearest && format.precision == std::numeric_limits<Carrier>::digits &&
                      format.max_exponent == std::numeric_limits<Carrier>::max_exponent - 1;
  if (native) {
    accumulation.fma ? action(NativeFused<Carrier>{}) : action(NativeSeparate<Carrier>{});
    return;
  }
  if constexpr (is_float) {
    const bool exact_in_float = format.precision <= 11 && operand_precision <= 11 &&
                                2 * format.lsb_min() >= -149 && 2 * format.max_exponent + 2 <= 127;
    const bool bf16 = format.precision == 8 && format.min_exponent == -126 && operand_precision <= 8;
    if (nearest && !accumulation.fma && (exact_in_float || bf16)) {
      action(NarrowSeparate{RoundingTarget<float>(format)});
      return;
    }
  }
  const bool exact_products = operand_precision <= 26;
  switch (accumulation.rounding) {
    case Rounding::nearest_even:
      return with_odd_step<Carrier, Rounding::nearest_even>(accumulation, exact_products, action);
    case Rounding::nearest_away:
      return with_odd_step<Carrier, Rounding::nearest_away>(accumulation, exact_products, action);
    case Rounding::toward_zero:
      return with_odd_step<Carrier, Rounding::toward_zero>(accumulation, exact_products, action);
    case Rounding::up:
      return with_odd_step<Carrier, Rounding::up>(accumulation, exact_products, action);
    case Rounding::down:
      return with_odd_step<Carrier, Rounding::down>(accumulation, exact_products, action);
    case Rounding::to_odd:
      return with_odd_step<Carrier, Rounding::to_odd>(accumulation, exact_products, action);
  }
}

template <class Carrier>
HWY_INLINE void product_any(const ProductTask<Carrier>& task, const Accumulation& accumulation) {
  with_step<Carrier>(accumulation, task.operand_precision,
                     [&](const auto& step) { product_rows(task, step); });
}

template <class Carrier>
HWY_INLINE void sum_any(Carrier* x, const Carrier* y, Carrier sign, int count,
                        const Accumulation& accumulation) {
  // One factor is +-1, so the product is exact whatever the precision of y.
  with_step<Carrier>(accumulation, 1, [&](const auto& step) { sum_row(x, y, sign, count, step); });
}

template <Rounding mode, class Carrier>
HWY_NOINLINE void round_loop(Carrier* HWY_RESTRICT x, int count, const RoundingTarget<Carrier>& target_in) {
  const RoundingTarget<Carrier> target = target_in;
  for (int i = 0; i < count; ++i) x[i] = round_value<mode>(x[i], target);
}

template <Rounding mode, class Carrier>
HWY_NOINLINE void round_loop_counted(Carrier* HWY_RESTRICT x, int count,
                                     const RoundingTarget<Carrier>& target_in, RowStatistics& statistics) {
  using Bits = typename RoundingTarget<Carrier>::Bits;
  const RoundingTarget<Carrier> target = target_in;
  constexpr Carrier infinity = std::numeric_limits<Carrier>::infinity();
  Bits overflows = 0, underflows = 0;
  for (int i = 0; i < count; ++i) {
    const Carrier before = x[i];
    const Carrier after = round_value<mode>(before, target);
    const Carrier size = std::bit_cast<Carrier>(std::bit_cast<Bits>(after) & ~RoundingTarget<Carrier>::kSign);
    overflows += static_cast<Bits>((before - before == 0) & (size == infinity));
    underflows += static_cast<Bits>((after != before) & (size < target.smallest_normal));
    x[i] = after;
  }
  statistics.overflows += static_cast<std::int64_t>(overflows);
  statistics.underflows += static_cast<std::int64_t>(underflows);
}

template <class Carrier, class Action>
HWY_INLINE void with_mode(Rounding rounding, const Action& action) {
  switch (rounding) {
    case Rounding::nearest_even:
      return action(std::integral_constant<Rounding, Rounding::nearest_even>{});
    case Rounding::nearest_away:
      return action(std::integral_constant<Rounding, Rounding::nearest_away>{});
    case Rounding::toward_zero:
      return action(std::integral_constant<Rounding, Rounding::toward_zero>{});
    case Rounding::up:
      return action(std::integral_constant<Rounding, Rounding::up>{});
    case Rounding::down:
      return action(std::integral_constant<Rounding, Rounding::down>{});
    case Rounding::to_odd:
      return action(std::integral_constant<Rounding, Rounding::to_odd>{});
  }
}

template <class Carrier>
HWY_INLINE void round_any(Carrier* x, int count, const Format& format, Rounding rounding) {
  const RoundingTarget<Carrier> target(format);
  with_mode<Carrier>(rounding, [&](auto mode) { round_loop<decltype(mode)::value>(x, count, target); });
}

template <class Carrier>
HWY_INLINE void round_any_counted(Carrier* x, int count, const Format& format, Rounding rounding,
                                  RowStatistics& statistics) {
  const RoundingTarget<Carrier> target(format);
  with_mode<Carrier>(
      rounding, [&](auto mode) { round_loop_counted<decltype(mode)::value>(x, count, target, statistics); });
}

// The magnitudes' bit patterns are ordered as the magnitudes are, so an integer maximum finds the largest.
template <class Carrier>
HWY_NOINLINE void statistics_loop(const Carrier* HWY_RESTRICT x, int count, RowStatistics& statistics) {
  using Bits = typename RoundingTarget<Carrier>::Bits;
  constexpr Bits infinity = std::bit_cast<Bits>(std::numeric_limits<Carrier>::infinity());
  Bits largest = 0, nonfinite = 0;
  for (int i = 0; i < count; ++i) {
    const Bits magnitude = std::bit_cast<Bits>(x[i]) & ~RoundingTarget<Carrier>::kSign;
    const bool finite = magnitude < infinity;
    nonfinite += static_cast<Bits>(!finite);
    const Bits counted = finite ? magnitude : 0;
    largest = counted > largest ? counted : largest;
  }
  statistics.nonfinite += static_cast<std::int64_t>(nonfinite);
  const double size = std::bit_cast<Carrier>(largest);
  if (size > statistics.largest) statistics.largest = size;
}

// Plain functions: what the dispatch tables can hold.
void ProductFloat(const ProductTask<float>& t, const Accumulation& m) { product_any(t, m); }
void ProductDouble(const ProductTask<double>& t, const Accumulation& m) { product_any(t, m); }
void SumFloat(float* x, const float* y, float s, int n, const Accumulation& m) { sum_any(x, y, s, n, m); }
void SumDouble(double* x, const double* y, double s, int n, const Accumulation& m) { sum_any(x, y, s, n, m); }
void RoundFloat(float* x, int n, const Format& f, Rounding r) { round_any(x, n, f, r); }
void RoundDouble(double* x, int n, const Format& f, Rounding r) { round_any(x, n, f, r); }
void RoundCountedFloat(float* x, int n, const Format& f, Rounding r, RowStatistics& s) {
  round_any_counted(x, n, f, r, s);
}
void RoundCountedDouble(double* x, int n, const Format& f, Rounding r, RowStatistics& s) {
  round_any_counted(x, n, f, r, s);
}
void StatisticsFloat(const float* x, int n, RowStatistics& s) { statistics_loop(x, n, s); }
void StatisticsDouble(const double* x, int n, RowStatistics& s) { statistics_loop(x, n, s); }
bool NegativeZeroFloat(const float* x, int n) { return negative_zero_loop(x, n); }
bool NegativeZeroDouble(const double* x, int n) { return negative_zero_loop(x, n); }
const char* LevelName() {
  switch (HWY_TARGET) {
    case HWY_AVX3_DL:
    case HWY_AVX3:
      return "avx512";
    case HWY_AVX2:
      return "avx2";
    case HWY_SSE4:
      return "sse4";
    case HWY_SSSE3:
      return "ssse3";
    default:
      return "baseline";
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(ProductFloat);
HWY_EXPORT(ProductDouble);
HWY_EXPORT(SumFloat);
HWY_EXPORT(SumDouble);
HWY_EXPORT(RoundFloat);
HWY_EXPORT(RoundDouble);
HWY_EXPORT(RoundCountedFloat);
HWY_EXPORT(RoundCountedDouble);
HWY_EXPORT(StatisticsFloat);
HWY_EXPORT(StatisticsDouble);
HWY_EXPORT(NegativeZeroFloat);
HWY_EXPORT(NegativeZeroDouble);
HWY_EXPORT(LevelName);

template <>
void accumulate_product(const ProductTask<float>& task, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(ProductFloat)(task, accumulation);
}
template <>
void accumulate_product(const ProductTask<double>& task, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(ProductDouble)(task, accumulation);
}
template <>
void accumulate_sum(float* x, const float* y, float sign, int count, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(SumFloat)(x, y, sign, count, accumulation);
}
template <>
void accumulate_sum(double* x, const double* y, double sign, int count, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(SumDouble)(x, y, sign, count, accumulation);
}
template <>
void round_row(float* x, int count, const Format& format, Rounding rounding) {
  HWY_DYNAMIC_DISPATCH(RoundFloat)(x, count, format, rounding);
}
template <>
void round_row(double* x, int count, const Format& format, Rounding rounding) {
  HWY_DYNAMIC_DISPATCH(RoundDouble)(x, count, format, rounding);
}
template <>
void round_row_counted(float* x, int count, const Format& format, Rounding rounding,
                       RowStatistics& statistics) {
  HWY_DYNAMIC_DISPATCH(RoundCountedFloat)(x, count, format, rounding, statistics);
}
template <>
void round_row_counted(double* x, int count, const Format& format, Rounding rounding,
                       RowStatistics& statistics) {
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
bool contains_negative_zero(const float* x, int count) {
  return HWY_DYNAMIC_DISPATCH(NegativeZeroFloat)(x, count);
}
template <>
bool contains_negative_zero(const double* x, int count) {
  return HWY_DYNAMIC_DISPATCH(NegativeZeroDouble)(x, count);
}

const char* simd_level() { return HWY_DYNAMIC_DISPATCH(LevelName)(); }

}  // namespace tristab
#endif  // HWY_ONCE
