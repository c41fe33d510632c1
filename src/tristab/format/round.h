// Rounding to a format: the one place where it happens. Scalar code that the compiler can vectorise: no
// branches on the value, so a kernel that calls it for every lane stays a vector loop.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tristab/format/format.h"

namespace tristab {

// The constants of rounding values of a carrier (float or double) to a narrower format.
template <class Carrier>
struct RoundingTarget {
  static_assert(std::is_same_v<Carrier, float> || std::is_same_v<Carrier, double>);
  using Bits = std::conditional_t<std::is_same_v<Carrier, float>, std::uint32_t, std::uint64_t>;
  static constexpr int kCarrierPrecision = std::numeric_limits<Carrier>::digits;
  static constexpr int kCarrierMinExponent = std::numeric_limits<Carrier>::min_exponent - 1;
  static constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);

  explicit RoundingTarget(const Format& format)
      : dropped(kCarrierPrecision - format.precision),
        smallest_normal(static_cast<Carrier>(format.smallest_normal())),
        quantum(static_cast<Carrier>(format.smallest_subnormal())),
        largest(static_cast<Carrier>(format.largest())),
        own_subnormals(format.min_exponent > kCarrierMinExponent) {
    // Adding and subtracting 1.5 * 2^(lsb_min + P - 1) rounds to multiples of 2^lsb_min, ties to even.
    magic = static_cast<Carrier>(1.5) *
            (own_subnormals ? quantum / std::numeric_limits<Carrier>::epsilon() : Carrier{0});
  }

  int dropped;              // significant bits that a normal number loses
  Carrier smallest_normal;  // 2^emin
  Carrier quantum;          // 2^lsb_min
  Carrier largest;          // largest finite value
  Carrier magic;            // rounds numbers below 2^emin to multiples of the quantum
  bool own_subnormals;      // the format underflows where the carrier is still normal
};

// Rounds x to the format, exactly once: x is taken as exact. Infinities and NaN pass, the sign of zero is
// kept.
template <Rounding mode, class Carrier>
[[gnu::always_inline]] inline Carrier round_value(Carrier x, const RoundingTarget<Carrier>& target) {
  using Target = RoundingTarget<Carrier>;
  using Bits = typename Target::Bits;
  const Bits bits = std::bit_cast<Bits>(x);
  const Bits sign = bits & Target::kSign;
  const Bits magnitude = bits ^ sign;
  const Carrier size = std::bit_cast<Carrier>(magnitude);
  const bool negative = sign != 0;

  // Normal numbers: the carrier's integer image is monotone, so the lowest `dropped` bits are rounded as an
  // integer and a carry moves into the exponent as it should.
  const Bits ulp = Bits{1} << target.dropped;
  const Bits low = ulp - 1;
  const Bits truncated = magnitude & ~low;
  const bool inexact = (magnitude & low) != 0;
  Bits rounded;
  if constexpr (mode == Rounding::nearest_even) {
    const Bits odd = (magnitude >> target.dropped) & low & 1;  // 0 when nothing is dropped
    rounded = (magnitude + (low >> 1) + odd) & ~low;
  } else if constexpr (mode == Rounding::nearest_away) {
    rounded = (magnitude + (ulp >> 1)) & ~low;
  } else if constexpr (mode == Rounding::toward_zero) {
    rounded = truncated;
  } else if constexpr (mode == Rounding::up) {
    rounded = truncated + (inexact && !negative ? ulp : 0);
  } else if constexpr (mode == Rounding::down) {
    rounded = truncated + (inexact && negative ? ulp : 0);
  } else {
    rounded = truncated | (inexact ? ulp : 0);
  }
  Carrier result = std::bit_cast<Carrier>(rounded);

  // Numbers below 2^emin: multiples of the quantum. With equal exponent ranges the integer image above was
  // right already, because the carrier's own subnormals have the same spacing rule.
  if (target.own_subnormals) {
    Carrier multiple = (size + target.magic) - target.magic;  // nearest, ties to even
    if constexpr (mode != Rounding::nearest_even) {
      const Carrier below = multiple > size ? multiple - target.quantum : multiple;
      const Carrier rest = size - below;  // exact
      const Carrier above = below + target.quantum;
      if constexpr (mode == Rounding::nearest_away) {
        multiple = rest + rest >= target.quantum ? above : below;
      } else if constexpr (mode == Rounding::toward_zero) {
        multiple = below;
      } else if constexpr (mode == Rounding::up) {
        multiple = rest > 0 && !negative ? above : below;
      } else if constexpr (mode == Rounding::down) {
        multiple = rest > 0 && negative ? above : below;
      } else {
        const Carrier half =
            below * static_cast<Carrier>(0.5);  // `below` is an even multiple when its half is one
        const bool even = ((half + target.magic) - target.magic) == half;
        multiple = rest > 0 && even ? above : below;
      }
    }
    result = size < target.smallest_normal ? multiple : result;
  }

  // Overflow.
  constexpr Carrier infinity = std::numeric_limits<Carrier>::infinity();
  if constexpr (mode == Rounding::nearest_even || mode == Rounding::nearest_away) {
    result = result > target.largest ? infinity : result;
  } else if constexpr (mode == Rounding::up) {
    result = result > target.largest ? (negative ? target.largest : infinity) : result;
  } else if constexpr (mode == Rounding::down) {
    result = result > target.largest ? (negative ? infinity : target.largest) : result;
  } else {
    result = result > target.largest ? target.largest : result;
  }
  result = size < infinity ? result : size;  // infinity and NaN
  return std::bit_cast<Carrier>(std::bit_cast<Bits>(result) | sign);
}

// The same with the mode chosen at run time.
template <class Carrier>
Carrier round_value(Carrier x, const RoundingTarget<Carrier>& target, Rounding mode) {
  switch (mode) {
    case Rounding::nearest_even:
      return round_value<Rounding::nearest_even>(x, target);
    case Rounding::nearest_away:
      return round_value<Rounding::nearest_away>(x, target);
    case Rounding::toward_zero:
      return round_value<Rounding::toward_zero>(x, target);
    case Rounding::up:
      return round_value<Rounding::up>(x, target);
    case Rounding::down:
      return round_value<Rounding::down>(x, target);
    case Rounding::to_odd:
      return round_value<Rounding::to_odd>(x, target);
  }
  return x;
}

// Rounds to odd what was rounded to nearest: `nearest` is the nearest double to an exact value and `error` is
// the exact value minus `nearest`. An inexact result gets an odd last bit, so that one further rounding to
// any format with p + 2 bits less is right (Boldo and Melquiond, IEEE Trans. Computers 57(4), 2008).
[[gnu::always_inline]] inline double force_odd(double nearest, double error) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(nearest);
  const bool away = (error > 0) == (nearest > 0);
  const std::uint64_t neighbour = away ? bits + 1 : bits - 1;
  const bool adjust = (bits & 1) == 0 && error != 0 && (error - error) == 0 && (nearest - nearest) == 0;
  return std::bit_cast<double>(adjust ? neighbour : bits);
}

// x + y rounded to odd (Knuth's TwoSum gives the error exactly; no branch on magnitudes).
[[gnu::always_inline]] inline double sum_to_odd(double x, double y) {
  const double sum = x + y;
  const double y_part = sum - x;
  const double error = (x - (sum - y_part)) + (y - y_part);
  return force_odd(sum, error);
}

}  // namespace tristab
