// One step of a sequential accumulation, c "+" a b, for vectors of any SIMD level: the steps, why each is exact, and
// the choice of the fastest exact one for an Accumulation. Included once per SIMD level.
#if defined(TRISTAB_ARITHMETIC_STEP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_ARITHMETIC_STEP_INL_H
#undef TRISTAB_ARITHMETIC_STEP_INL_H
#else
#define TRISTAB_ARITHMETIC_STEP_INL_H
#endif

#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "tristab/arithmetic/accumulation.h"
#include "tristab/arithmetic/directed_step-inl.h"
#include "tristab/format/round-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Instructions with their own rounding mode give round-to-odd in two operations.
constexpr bool kStaticRounding = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL;
constexpr bool kHasFma = HWY_TARGET <= HWY_AVX2;  // better targets have smaller numbers

// x in narrower lanes, which must hold it exactly (infinities too: Highway's one-lane conversion would clamp them).
template <class DN, class V>
HWY_INLINE hn::Vec<DN> narrowed(DN dn, V x) {
  if constexpr (HWY_TARGET == HWY_SCALAR) {
    return hn::Set(dn, static_cast<hn::TFromD<DN>>(hn::GetLane(x)));
  } else {
    return hn::DemoteTo(dn, x);
  }
}

// a b + c, rounded once to nearest even.
template <class D, class V>
HWY_INLINE V fused(D d, V a, V b, V c) {
  if constexpr (kHasFma) {
    return hn::MulAdd(a, b, c);
  } else if constexpr (HWY_TARGET == HWY_SCALAR) {  // the C library's fma, in software where the machine has none
    return hn::Set(d, std::fma(hn::GetLane(a), hn::GetLane(b), hn::GetLane(c)));
  } else {  // the baseline of compilers for which Highway emulates vectors (clang)
    constexpr std::size_t kLanes = hn::MaxLanes(D());
    alignas(64) hn::TFromD<D> x[kLanes], y[kLanes], z[kLanes];
    hn::Store(a, d, x);
    hn::Store(b, d, y);
    hn::Store(c, d, z);
    for (std::size_t lane = 0; lane < kLanes; ++lane) z[lane] = std::fma(x[lane], y[lane], z[lane]);
    return hn::Load(d, z);
  }
}

// ---- rounding an fp32 result to nearest even ----

// fp16, by the conversion instructions: subnormals, overflow, NaN and -0 included.
struct ToHalf {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::Rebind<hwy::float16_t, D> dh;
    return hn::PromoteTo(d, hn::DemoteTo(dh, x));
  }
};

// IEEE-style formats with the exponents of fp32 (bf16, e8mY): one integer rounding also handles subnormals and
// overflow. At least two bits are dropped. A NaN must have zeros in the dropped bits; the processor's default NaN has.
struct ToSameRange {
  int dropped;
  std::uint32_t low;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToUnsigned<D> du;
    const auto bits = hn::BitCast(du, x);
    // Copies the last kept bit into the lowest dropped one: a tie then rounds up exactly if the last kept bit is 1.
    const auto sticky = hn::OrAnd(bits, hn::ShiftRightSame(bits, dropped), hn::Set(du, 1));
    return hn::BitCast(d, hn::AndNot(hn::Set(du, low), hn::Add(sticky, hn::Set(du, low >> 1))));
  }
};

// Formats with room above their exponents in fp32 (fp16, fp8, most of eXmY).
struct ByAddition {
  RoundingTarget<float> target;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return round_by_addition(d, x, target);
  }
};

template <bool kAnyNan>
struct ToAny {
  RoundingTarget<float> target;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return round_to<Rounding::nearest_even, kAnyNan>(d, x, target);
  }
};

// ---- steps ----

// c + a b in the carrier itself; the hardware rounds both operations to nearest.
struct NativeSeparate {
  static constexpr bool kFused = false;
  template <class D, class V>
  HWY_INLINE V operator()(D, V c, V a, V b) const {
    return hn::Add(c, hn::Mul(a, b));
  }
};

// The same with one rounding; also c + fl(a b) if every product is exact.
struct NativeFused {
  static constexpr bool kFused = true;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    return fused(d, a, b, c);
  }
};

// Formats with p <= 11 whose products are exact in fp32, and bf16: rounding the fp32 result again is right because 24
// >= 2 p + 2 (Figueroa 1995; Roux 2014 for subnormals).
template <class Rounder>
struct NarrowSeparate {
  static constexpr bool kFused = false;
  Rounder round;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    return round(d, hn::Add(c, round(d, hn::Mul(a, b))));
  }
};

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
// Of the results rounded down and up, the one with the odd last bit. They are adjacent, or equal if the operation is
// exact; an exact zero is taken from `up`: it is +0, as under rounding to nearest.
HWY_INLINE hn::Vec<hn::ScalableTag<float>> odd_of(hn::Vec<hn::ScalableTag<float>> down,
                                                  hn::Vec<hn::ScalableTag<float>> up) {
  const __mmask16 odd = _mm512_test_epi32_mask(_mm512_castps_si512(down.raw), _mm512_set1_epi32(1));
  return {_mm512_mask_mov_ps(up.raw, odd, down.raw)};
}
template <class D, class V>
HWY_INLINE V fused_to_odd(D, V a, V b, V c) {
  return odd_of({_mm512_fmadd_round_ps(a.raw, b.raw, c.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)},
                {_mm512_fmadd_round_ps(a.raw, b.raw, c.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)});
}
template <class V>
HWY_INLINE V product_to_odd(V a, V b) {
  return odd_of({_mm512_mul_round_ps(a.raw, b.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)},
                {_mm512_mul_round_ps(a.raw, b.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)});
}
template <class D, class V>
HWY_INLINE V add_to_odd(D, V a, V b) {
  return odd_of({_mm512_add_round_ps(a.raw, b.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)},
                {_mm512_add_round_ps(a.raw, b.raw, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)});
}
#else
// Knuth's TwoSum of c and the product; the caller must know that products are exact.
template <class D, class V>
HWY_INLINE V fused_to_odd(D d, V a, V b, V c) {
  return sum_to_odd(d, c, hn::Mul(a, b));
}
template <class V>
HWY_INLINE V product_to_odd(V a, V b) {
  return hn::Mul(a, b);
}
template <class D, class V>
HWY_INLINE V add_to_odd(D d, V a, V b) {
  return sum_to_odd(d, a, b);
}
#endif

// Formats of up to 22 bits inside fp32: the fp32 operation rounded to odd, then once to the format (Boldo and Melquiond
// 2008). Without static rounding, only if every product is exact in fp32.
template <class Rounder>
struct OddFused {
  static constexpr bool kFused = true;
  Rounder round;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    return round(d, fused_to_odd(d, a, b, c));
  }
};
template <class Rounder>
struct OddSeparate {
  static constexpr bool kFused = false;
  Rounder round;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    return round(d, add_to_odd(d, c, round(d, product_to_odd(a, b))));
  }
};

// x y to nearest, but a product of finite non-zero factors stays finite and non-zero: beyond the range of double it
// becomes the largest or the smallest number. The next rounding only needs to know that it is too large or too small.
template <class D, class V>
HWY_INLINE V product_in_range(D d, V x, V y) {
  const V product = hn::Mul(x, y), zero = hn::Zero(d), infinity = hn::Inf(d);
  const auto finite = hn::And(hn::Lt(hn::Abs(x), infinity), hn::Lt(hn::Abs(y), infinity));
  const auto nonzero = hn::And(hn::Ne(x, zero), hn::Ne(y, zero));
  const V size = hn::Abs(product);
  const V largest = hn::Set(d, std::numeric_limits<double>::max());
  const V smallest = hn::Set(d, std::numeric_limits<double>::denorm_min());
  V bounded = hn::IfThenElse(hn::And(finite, hn::Eq(size, infinity)), largest, size);
  bounded = hn::IfThenElse(hn::And(nonzero, hn::Eq(size, zero)), smallest, bounded);
  return hn::Or(bounded, hn::And(product, hn::SignBit(d)));
}

// Any format of up to 51 bits in any deterministic rounding, on double lanes: products and sums are exact or rounded to
// odd, then rounded once to the format. kNearest: to nearest even, by addition.
template <bool fuse, bool kNearest = false>
struct ThroughOdd {
  static constexpr bool kFused = fuse;
  RoundingTarget<double> target;
  Rounding mode;
  bool exact_products;  // in double

  // Returns `sum` with the right sign if it is exactly zero: rounding down gives -0 unless both terms are +0 (IEEE
  // 754-2019 section 6.3).
  template <class D, class V>
  HWY_INLINE V with_sign_of_zero(D d, V sum, V x, V y) const {
    if (kNearest || mode != Rounding::down) return sum;
    return hn::IfThenElse(hn::Eq(sum, hn::Zero(d)), hn::And(hn::Or(x, y), hn::SignBit(d)), sum);
  }

  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    V product = exact_products ? hn::Mul(a, b) : product_in_range(d, a, b);
    V sum;
    if constexpr (fuse) {
      sum = exact_products ? sum_to_odd(d, c, product) : three_term_sum(d, c, a, b, product);
    } else {
      if (!exact_products) product = force_odd(d, product, fused(d, a, b, hn::Neg(product)));
      product = rounded(d, product);
      sum = sum_to_odd(d, c, product);
    }
    return rounded(d, with_sign_of_zero(d, sum, c, product));
  }

 private:
  template <class D, class V>
  HWY_INLINE V rounded(D d, V x) const {
    if constexpr (kNearest) {
      return round_by_addition(d, x, target);
    } else {
      return round_to(d, x, target, mode);
    }
  }

  // c + product + error of the product, rounded to odd: Boldo and Melquiond 2008, figure 5, with the last addition also
  // rounded to odd.
  template <class D, class V>
  HWY_INLINE V three_term_sum(D d, V c, V a, V b, V product) const {
    const V zero = hn::Zero(d), infinity = hn::Inf(d);
    const V product_error = hn::IfThenElseZero(hn::Eq(product, hn::Mul(a, b)), fused(d, a, b, hn::Neg(product)));
    const auto low = two_sum(c, product_error);
    const auto high = two_sum(product, low.sum);
    const V sum = sum_to_odd(d, high.sum, sum_to_odd(d, high.error, low.error));
    const V plain = hn::Add(c, product);
    // Infinities, NaN and the signs of exact zeros are taken from the plain sum.
    const auto use_sum = hn::And(hn::Lt(hn::Abs(plain), infinity), hn::Ne(sum, zero));
    return hn::IfThenElse(use_sum, sum, plain);
  }
};

// ---- choice of a step ----

// Facts about the products a b of one task.
struct ProductFacts {
  bool exact_in_float;   // every product of two operands is a float
  bool exact_in_double;  // ... is a double
  bool finite;           // operands and addend
  int operand_precision;
  int operand_lsb = 0;    // exponent of the operands' last place
  bool directed = false;  // steps that need a rounding mode are allowed (the caller uses in_mode_of)
};

// Calls action(rounder) with the fastest rounding of floats to `format` (nearest even).
template <class Action>
HWY_INLINE void with_rounder(const Format& format, bool finite, const Action& action) {
  const bool ieee = format.is_ieee_style();
  const RoundingTarget<float> target(format);
  if (kHasFma && ieee && format.precision == 11 && format.min_exponent == -14 && format.max_exponent == 15) {
    if constexpr (kHasFma) action(ToHalf{});  // F16C comes with every processor that has AVX2
  } else if (ieee && finite && format.min_exponent == -126 && format.max_exponent == 127) {
    action(ToSameRange{target.dropped, target.low});
  } else if (target.by_addition) {
    action(ByAddition{target});
  } else if (finite) {
    action(ToAny<false>{target});
  } else {
    action(ToAny<true>{target});
  }
}

// Calls action(tag, step) with the lanes and the step that compute `accumulation` exactly, and fastest.
template <class Carrier, class Action>
HWY_INLINE void with_step(const Accumulation& accumulation, const ProductFacts& facts, const Action& action) {
  const Format& format = accumulation.format;
  const bool nearest = accumulation.rounding == Rounding::nearest_even;
  constexpr bool is_float = sizeof(Carrier) == sizeof(float);
  const hn::ScalableTag<Carrier> native;
  if (nearest && format == (is_float ? fp32_format() : fp64_format())) {
    // If products are exact, one fused operation gives the same as two. Not without FMA instructions, where the C
    // library would compute it.
    const bool exact_products = kHasFma && (is_float ? facts.exact_in_float : facts.exact_in_double);
    accumulation.fma || exact_products ? action(native, NativeFused{}) : action(native, NativeSeparate{});
    return;
  }
  if constexpr (is_float) {
    const bool in_float = nearest && format.precision <= 22 && format.lsb_min() >= -147 &&
                          (format.subnormals || format.min_exponent > -126);
    if constexpr (kDirectedMode) {
      const bool half =
          format.is_ieee_style() && format.precision == 11 && format.min_exponent == -14 && format.max_exponent == 15;
      if (nearest && facts.directed && accumulation.fma && half) return action(native, DirectedHalf<ToHalf>{ToHalf{}});
      const bool narrow = format.precision <= 11 && facts.exact_in_float;  // NarrowSeparate is faster still
      if (nearest && facts.directed && FormatScale::fits(format, facts.operand_lsb) && (accumulation.fma || !narrow)) {
        return with_directed_step(format, accumulation.fma, facts.finite,
                                  [&](const auto& step) { action(native, step); });
      }
    }
    if (in_float && accumulation.fma && (kStaticRounding || facts.exact_in_float)) {
      with_rounder(format, facts.finite,
                   [&](const auto& round) { action(native, OddFused<std::decay_t<decltype(round)>>{round}); });
      return;
    }
    const bool bf16 = format.precision == 8 && format.min_exponent == -126 && facts.operand_precision <= 8;
    if (in_float && !accumulation.fma && format.precision <= 11 && (facts.exact_in_float || bf16)) {
      with_rounder(format, facts.finite,
                   [&](const auto& round) { action(native, NarrowSeparate<std::decay_t<decltype(round)>>{round}); });
      return;
    }
    if (in_float && !accumulation.fma && (kStaticRounding || facts.exact_in_float)) {
      action(native, OddSeparate<ToAny<true>>{ToAny<true>{RoundingTarget<float>(format)}});
      return;
    }
  }
  const hn::ScalableTag<double> wide;
  const RoundingTarget<double> target(format);
  if (nearest && target.by_addition) {
    if (accumulation.fma) {
      action(wide, ThroughOdd<true, true>{target, accumulation.rounding, facts.exact_in_double});
    } else {
      action(wide, ThroughOdd<false, true>{target, accumulation.rounding, facts.exact_in_double});
    }
  } else if (accumulation.fma) {
    action(wide, ThroughOdd<true>{target, accumulation.rounding, facts.exact_in_double});
  } else {
    action(wide, ThroughOdd<false>{target, accumulation.rounding, facts.exact_in_double});
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
