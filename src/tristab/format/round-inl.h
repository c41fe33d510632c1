// Rounding to a format, for vectors of any SIMD level and for one lane; no other code rounds. No branches on values.
// Included once per SIMD level between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(TRISTAB_FORMAT_ROUND_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_FORMAT_ROUND_INL_H
#undef TRISTAB_FORMAT_ROUND_INL_H
#else
#define TRISTAB_FORMAT_ROUND_INL_H
#endif

#include <hwy/highway.h>

#include "tristab/format/round.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Normal numbers. Bits read as an integer are monotone in the magnitude, so the lowest `dropped` bits are rounded as an
// integer; a carry correctly raises the exponent.
template <Rounding mode, class DU, class VU, class M>
HWY_INLINE VU round_magnitude(DU du, VU magnitude, M negative, int dropped, hn::TFromD<DU> low_bits) {
  using U = hn::TFromD<DU>;
  const VU low = hn::Set(du, low_bits);
  if constexpr (mode == Rounding::nearest_even) {
    // The last bit that is kept; 0 if nothing is dropped.
    const VU odd = hn::And(hn::ShiftRightSame(magnitude, dropped), hn::Set(du, low_bits & 1));
    return hn::AndNot(low, hn::Add(hn::Add(magnitude, hn::Set(du, static_cast<U>(low_bits >> 1))), odd));
  } else if constexpr (mode == Rounding::nearest_away) {
    return hn::AndNot(low, hn::Add(magnitude, hn::Set(du, static_cast<U>((low_bits + 1) >> 1))));
  } else {
    const VU truncated = hn::AndNot(low, magnitude);
    if constexpr (mode == Rounding::toward_zero) return truncated;
    const VU ulp = hn::Set(du, static_cast<U>(low_bits + 1));
    const auto inexact = hn::Ne(hn::And(magnitude, low), hn::Zero(du));
    if constexpr (mode == Rounding::up)
      return hn::Add(truncated, hn::IfThenElseZero(hn::AndNot(negative, inexact), ulp));
    if constexpr (mode == Rounding::down)
      return hn::Add(truncated, hn::IfThenElseZero(hn::And(inexact, negative), ulp));
    return hn::Or(truncated, hn::IfThenElseZero(inexact, ulp));  // to odd
  }
}

// Numbers below 2^emin, rounded to multiples of the quantum.
template <Rounding mode, class D, class V, class M>
HWY_INLINE V round_subnormal(D d, V size, M negative, const RoundingTarget<hn::TFromD<D>>& target) {
  using T = hn::TFromD<D>;
  const V magic = hn::Set(d, target.magic), quantum = hn::Set(d, target.quantum);
  const V multiple = hn::Sub(hn::Add(size, magic), magic);  // nearest, ties to even
  if constexpr (mode == Rounding::nearest_even) return multiple;
  const V below = hn::IfThenElse(hn::Gt(multiple, size), hn::Sub(multiple, quantum), multiple);
  const V rest = hn::Sub(size, below);  // exact
  const V above = hn::Add(below, quantum);
  const auto inexact = hn::Gt(rest, hn::Zero(d));
  if constexpr (mode == Rounding::nearest_away) {
    return hn::IfThenElse(hn::Ge(hn::Add(rest, rest), quantum), above, below);
  } else if constexpr (mode == Rounding::toward_zero) {
    return below;
  } else if constexpr (mode == Rounding::up) {
    return hn::IfThenElse(hn::AndNot(negative, inexact), above, below);
  } else if constexpr (mode == Rounding::down) {
    return hn::IfThenElse(hn::And(inexact, negative), above, below);
  } else {
    // `below` is an even multiple of the quantum if half of it is a multiple.
    const V half = hn::Mul(below, hn::Set(d, static_cast<T>(0.5)));
    const auto even = hn::Eq(hn::Sub(hn::Add(half, magic), magic), half);
    return hn::IfThenElse(hn::And(inexact, even), above, below);
  }
}

// x rounded to the target; x is taken as exact, so it is rounded once. kAnyNan = false: every NaN has zeros in the
// dropped bits (as the processor's own NaN has), so that rounding does not change it.
template <Rounding mode, bool kAnyNan = true, class D, class V = hn::Vec<D>>
HWY_INLINE V round_to(D d, V x, const RoundingTarget<hn::TFromD<D>>& target) {
  static_assert(mode != Rounding::stochastic);
  const hn::RebindToUnsigned<D> du;
  const V size = hn::Abs(x);
  const auto negative = hn::Lt(x, hn::Zero(d));
  V result = hn::BitCast(
      d, round_magnitude<mode>(du, hn::BitCast(du, size), hn::RebindMask(du, negative), target.dropped, target.low));
  // If the format has the carrier's exponent range, the integer rounding was right already: the carrier's own
  // subnormals have the same spacing.
  if (target.own_subnormals) {
    const V multiple = round_subnormal<mode>(d, size, negative, target);
    result = hn::IfThenElse(hn::Lt(size, hn::Set(d, target.smallest_normal)), multiple, result);
  }
  if (target.flush) result = hn::IfThenZeroElse(hn::Lt(result, hn::Set(d, target.smallest_normal)), result);

  const V infinity = hn::Inf(d), largest = hn::Set(d, target.largest), beyond = hn::Set(d, target.beyond);
  const auto overflow = hn::Gt(result, largest);
  if constexpr (mode == Rounding::nearest_even || mode == Rounding::nearest_away) {
    result = hn::IfThenElse(overflow, beyond, result);
  } else if constexpr (mode == Rounding::up) {
    result = hn::IfThenElse(overflow, hn::IfThenElse(negative, largest, beyond), result);
  } else if constexpr (mode == Rounding::down) {
    result = hn::IfThenElse(overflow, hn::IfThenElse(negative, beyond, largest), result);
  } else {
    result = hn::IfThenElse(overflow, largest, result);
  }
  if (kAnyNan || mode != Rounding::nearest_even)
    result = hn::IfThenElse(hn::Lt(size, infinity), result, size);  // infinity and NaN
  if (!target.infinities) result = hn::IfThenElse(hn::Eq(size, infinity), beyond, result);
  return hn::Or(result, hn::And(x, hn::SignBit(d)));
}

// To nearest even, for targets with `by_addition`: x + M - M with M = 1.5 * 2^(max(e, emin) + dropped), whose last
// place is x's last place in the format. Needs fewer operations than rounding the bits as an integer, and handles
// subnormals too. Overflow is detected by the size of x, so the result of the addition does not matter there.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V round_by_addition(D d, V x, const RoundingTarget<hn::TFromD<D>>& target) {
  const hn::RebindToUnsigned<D> du;
  using T = hn::TFromD<D>;
  using U = hn::TFromD<decltype(du)>;
  constexpr int kFractionBits = RoundingTarget<T>::kCarrierPrecision - 1;
  const auto exponent = hn::And(hn::BitCast(du, x), hn::BitCast(du, hn::Inf(d)));
  const auto lowest = hn::BitCast(du, hn::Set(d, target.smallest_normal));
  // Bits of 1.5 * 2^dropped without the bias. Added to the bits of a power of two they give M.
  const U scale = (static_cast<U>(target.dropped) << kFractionBits) | (U{1} << (kFractionBits - 1));
  const V addend = hn::BitCast(d, hn::Add(hn::Max(exponent, lowest), hn::Set(du, scale)));
  const V rounded = hn::Or(hn::Sub(hn::Add(x, addend), addend), hn::And(x, hn::SignBit(d)));
  const V beyond = hn::Or(hn::Set(d, target.beyond), hn::And(x, hn::SignBit(d)));
  return hn::IfThenElse(hn::Ge(hn::Abs(x), hn::Set(d, target.overflow_from)), beyond, rounded);
}

// Rounding with the mode chosen at run time.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V round_to(D d, V x, const RoundingTarget<hn::TFromD<D>>& target, Rounding mode) {
  switch (mode) {
    case Rounding::nearest_even:
      return round_to<Rounding::nearest_even>(d, x, target);
    case Rounding::nearest_away:
      return round_to<Rounding::nearest_away>(d, x, target);
    case Rounding::toward_zero:
      return round_to<Rounding::toward_zero>(d, x, target);
    case Rounding::up:
      return round_to<Rounding::up>(d, x, target);
    case Rounding::down:
      return round_to<Rounding::down>(d, x, target);
    case Rounding::to_odd:
    case Rounding::stochastic:  // refused by the callers: it needs a draw
      break;
  }
  return round_to<Rounding::to_odd>(d, x, target);
}

// Rounds to odd what was rounded to nearest (round.h): truncates toward zero and sets the last bit if inexact. `error`
// must be finite or NaN (then `nearest` stays).
template <class D, class V>
HWY_INLINE V to_odd(D d, V nearest, V error) {
  const hn::RebindToSigned<D> di;
  const auto inexact = hn::VecFromMask(di, hn::RebindMask(di, hn::Gt(hn::Abs(error), hn::Zero(d))));
  // -1 if the nearest value lies beyond the exact one.
  const auto beyond = hn::And(hn::BroadcastSignBit(hn::BitCast(di, hn::Xor(nearest, error))), inexact);
  const auto truncated = hn::Add(hn::BitCast(di, nearest), beyond);
  return hn::BitCast(d, hn::Or(truncated, hn::And(inexact, hn::Set(di, 1))));
}

// The same for any error: an infinite error, or the error of an infinite value, changes nothing.
template <class D, class V>
HWY_INLINE V force_odd(D d, V nearest, V error) {
  const V infinity = hn::Inf(d);
  const auto ordinary = hn::And(hn::Lt(hn::Abs(error), infinity), hn::Lt(hn::Abs(nearest), infinity));
  return to_odd(d, nearest, hn::IfThenElseZero(ordinary, error));
}

template <class V>
struct SumAndError {
  V sum, error;
};

// Knuth's TwoSum: sum + error = x + y exactly, sum rounded to nearest (barring overflow).
template <class V>
HWY_INLINE SumAndError<V> two_sum(V x, V y) {
  const V sum = hn::Add(x, y);
  const V y_part = hn::Sub(sum, x);
  return {sum, hn::Add(hn::Sub(x, hn::Sub(sum, y_part)), hn::Sub(y, y_part))};
}

template <class D, class V>
HWY_INLINE V sum_to_odd(D d, V x, V y) {
  const auto [sum, error] = two_sum(x, y);
  return to_odd(d, sum, error);
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
