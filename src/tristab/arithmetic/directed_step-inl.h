// Steps of a sequential accumulation on AVX2, whose instructions have no rounding mode of their own. The thread's mode
// is set to round down for a whole product. In this mode an operation gives the exact result rounded down; the same
// operation with negated operands gives, negated again, the result rounded up. The one of the two with the odd last bit
// is the result rounded to odd; one more rounding of it is right (Boldo and Melquiond, IEEE Trans. Computers 57(4),
// 2008). Included once per SIMD level.
#if defined(TRISTAB_ARITHMETIC_DIRECTED_STEP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_ARITHMETIC_DIRECTED_STEP_INL_H
#undef TRISTAB_ARITHMETIC_DIRECTED_STEP_INL_H
#else
#define TRISTAB_ARITHMETIC_DIRECTED_STEP_INL_H
#endif

#include <hwy/highway.h>

#include <type_traits>

#include "tristab/format/round-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr bool kDirectedMode = HWY_TARGET == HWY_AVX2;

// Whether a step is right only while the thread rounds down, and whether it holds sums and right operands scaled.
template <class Step>
constexpr bool kRoundsDown = requires {
  Step::kInModeDown;
};
template <class Step>
constexpr bool kIsScaled = requires(const Step& step) {
  step.scaling;
};

#if HWY_TARGET == HWY_AVX2
// Sets the thread's mode to round down until the end of the scope, also if an exception leaves the scope.
class RoundingDown {
 public:
  RoundingDown() : before_(_mm_getcsr()) {
    constexpr unsigned kModeBits = 0x6000, kDown = 0x2000;  // MXCSR.RC: Intel SDM, volume 1, 10.2.3
    _mm_setcsr((before_ & ~kModeBits) | kDown);
  }
  ~RoundingDown() { _mm_setcsr(before_); }
  RoundingDown(const RoundingDown&) = delete;
  RoundingDown& operator=(const RoundingDown&) = delete;

 private:
  unsigned before_;
};

// Returns x, but the compiler no longer knows how x was computed. It assumes rounding to nearest, where -((-a) b)
// equals a b, and would simplify.
template <class V>
HWY_INLINE V unknown_to_compiler(V x) {
  asm("" : "+x"(x.raw));
  return x;
}
#else
template <class V>
HWY_INLINE V unknown_to_compiler(V x) {
  return x;
}
#endif

// Calls action() in the mode that the step needs. The floating-point work must be in a function that action() calls and
// that is not inlined: then the compiler cannot move an operation across the mode change.
template <class Step, class Action>
HWY_INLINE void in_mode_of(const Action& action) {
#if HWY_TARGET == HWY_AVX2
  if constexpr (kRoundsDown<Step>) {
    const RoundingDown mode;
    return action();
  }
#endif
  action();
}

// Of a result rounded down and the same result rounded up, which is given negated, returns the one with the odd last
// bit. The two are adjacent, or equal if the operation is exact. An exact zero is taken from `up`: it is +0, as under
// rounding to nearest.
template <class D, class V>
HWY_INLINE V odd_of_directed(D d, V down, V negated_up) {
  const hn::RebindToUnsigned<D> du;
  const auto odd = hn::MaskFromVec(hn::BitCast(d, hn::ShiftLeft<31>(hn::BitCast(du, down))));
  return hn::IfThenElse(odd, down, hn::Xor(negated_up, hn::SignBit(d)));
}

// Scales numbers of a format by the power of two that brings its smallest normal number to fp32's. fp32's own
// subnormals then have the format's spacing, and one integer rounding handles them too, in any mode. Sums and right
// operands are held scaled; the product of a left operand and a right one is then scaled as well.
struct FormatScale {
  float scale = 1, unscale = 1;
  explicit FormatScale(const Format& format)
      : scale(static_cast<float>(power_of_two(-126 - format.min_exponent))),
        unscale(static_cast<float>(power_of_two(126 + format.min_exponent))) {}

  // Rounding to odd needs two bits more than the format: the format's smallest number, scaled, then lies at least two
  // bits above fp32's. The scaled operands, whose last place is 2^operand_lsb before scaling, must be floats.
  static bool fits(const Format& format, int operand_lsb) {
    return format.precision <= 22 && format.subnormals && format.min_exponent >= -126 && format.min_exponent <= 0 &&
           operand_lsb - 126 - format.min_exponent >= -149;
  }
};

// Rounds a scaled sum, itself rounded to odd, to the format, to nearest even. `kWholeRange`: the format has fp32's
// exponents and overflows to infinity, which the carry into the exponent does. `kAnyNan` as in round_to.
template <bool kWholeRange, bool kAnyNan>
struct ToScaledRange {
  int dropped;
  std::uint32_t low;
  float largest, beyond;  // scaled
  ToScaledRange(const RoundingTarget<float>& target, float scale)
      : dropped(target.dropped), low(target.low), largest(target.largest * scale), beyond(target.beyond * scale) {}

  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToUnsigned<D> du;
    const auto bits = hn::BitCast(du, x);
    const auto odd = hn::And(hn::ShiftRightSame(bits, dropped), hn::Set(du, 1));
    V rounded = hn::BitCast(d, hn::AndNot(hn::Set(du, low), hn::Add(hn::Add(bits, hn::Set(du, low >> 1)), odd)));
    if constexpr (kAnyNan) rounded = hn::IfThenElse(hn::Eq(x, x), rounded, x);
    if constexpr (kWholeRange) return rounded;
    const V outside = hn::Or(hn::Set(d, beyond), hn::And(x, hn::SignBit(d)));
    return hn::IfThenElse(hn::Gt(hn::Abs(rounded), hn::Set(d, largest)), outside, rounded);
  }
};

// c + a b with one rounding.
template <class Rounder>
struct DirectedFused {
  static constexpr bool kFused = true, kInModeDown = true;
  Rounder round;
  FormatScale scaling;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    return round(d, odd_of_directed(d, hn::MulAdd(a, b, c), hn::NegMulSub(a, b, c)));
  }
};

// The same with the product rounded separately.
template <class Rounder>
struct DirectedSeparate {
  static constexpr bool kFused = false, kInModeDown = true;
  Rounder round;
  FormatScale scaling;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    const V sign = hn::SignBit(d);
    const V minus_a = unknown_to_compiler(hn::Xor(a, sign));
    const V product = round(d, odd_of_directed(d, hn::Mul(a, b), hn::Mul(minus_a, b)));
    const V minus_c = unknown_to_compiler(hn::Xor(c, sign));
    return round(d, odd_of_directed(d, hn::Add(c, product), hn::Sub(minus_c, product)));
  }
};

// fp16: the conversion instructions round to nearest in any mode, so no scaling is needed.
template <class Rounder>
struct DirectedHalf {
  static constexpr bool kFused = true, kInModeDown = true;
  Rounder round;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V c, V a, V b) const {
    return round(d, odd_of_directed(d, hn::MulAdd(a, b, c), hn::NegMulSub(a, b, c)));
  }
};

// Calls action(step) with the step for sums in `format`, rounded to nearest even. FormatScale::fits must hold.
template <class Action>
HWY_INLINE void with_directed_step(const Format& format, bool fma, bool finite, const Action& action) {
  const FormatScale scaling(format);
  const RoundingTarget<float> target(format);
  const auto with_rounder = [&](const auto& round) {
    using Rounder = std::decay_t<decltype(round)>;
    fma ? action(DirectedFused<Rounder>{round, scaling}) : action(DirectedSeparate<Rounder>{round, scaling});
  };
  const bool whole_range = format.is_ieee_style() && format.min_exponent == -126 && format.max_exponent == 127;
  if (whole_range && finite) {
    with_rounder(ToScaledRange<true, false>(target, scaling.scale));
  } else if (whole_range) {
    with_rounder(ToScaledRange<true, true>(target, scaling.scale));
  } else if (finite) {
    with_rounder(ToScaledRange<false, false>(target, scaling.scale));
  } else {
    with_rounder(ToScaledRange<false, true>(target, scaling.scale));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
