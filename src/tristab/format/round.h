// Rounding to a format: the constants and the scalar functions. The rounding code is in round-inl.h, written once for
// every SIMD level and for one lane.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "tristab/format/format.h"

namespace tristab {

// The constants for rounding values of a carrier (float or double) to a format inside it.
template <class Carrier>
struct RoundingTarget {
  static_assert(std::is_same_v<Carrier, float> || std::is_same_v<Carrier, double>);
  using Bits = std::conditional_t<std::is_same_v<Carrier, float>, std::uint32_t, std::uint64_t>;
  static constexpr int kCarrierPrecision = std::numeric_limits<Carrier>::digits;
  static constexpr int kCarrierMinExponent = std::numeric_limits<Carrier>::min_exponent - 1;
  static constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);

  explicit RoundingTarget(const Format& format)
      : dropped(kCarrierPrecision - format.precision),
        low((Bits{1} << dropped) - 1),
        smallest_normal(static_cast<Carrier>(format.smallest_normal())),
        quantum(static_cast<Carrier>(format.smallest_subnormal())),
        largest(static_cast<Carrier>(format.largest())),
        own_subnormals(format.subnormals && format.min_exponent > kCarrierMinExponent),
        flush(!format.subnormals),
        infinities(format.overflow == Overflow::infinity),
        beyond(infinities                         ? std::numeric_limits<Carrier>::infinity()
               : format.overflow == Overflow::nan ? std::numeric_limits<Carrier>::quiet_NaN()
                                                  : largest) {
    if (flush && format.min_exponent <= kCarrierMinExponent)
      throw std::logic_error("tiny results are seen only in a carrier that goes below them");
    // The midpoint beyond the largest number is a tie: it overflows if the largest number has an odd significand.
    const Carrier midpoint = largest + static_cast<Carrier>(power_of_two(format.max_exponent - format.precision));
    const bool ties_away = format.reserved_codes % 2 == 0;
    overflow_from = ties_away ? midpoint : std::nextafter(midpoint, std::numeric_limits<Carrier>::infinity());
    by_addition =
        format.subnormals && dropped >= 2 && format.max_exponent + dropped < std::numeric_limits<Carrier>::max_exponent;
    // Adding and subtracting 2^(lsb_min + P - 1) rounds magnitudes up to that value to multiples of 2^lsb_min, ties to
    // even (P: bits of the carrier). The sum has at most P bits, also if the format has as many bits as the carrier.
    magic = own_subnormals ? quantum / std::numeric_limits<Carrier>::epsilon() : Carrier{0};
  }

  int dropped;              // significant bits that a normal number loses
  Bits low;                 // mask of these bits
  Carrier smallest_normal;  // 2^emin
  Carrier quantum;          // 2^lsb_min
  Carrier largest;          // largest finite value
  Carrier overflow_from;    // smallest magnitude that overflows under rounding to nearest even
  bool by_addition;         // round_by_addition() is right for this format
  Carrier magic = 0;        // rounds numbers below 2^emin to multiples of the quantum
  bool own_subnormals;      // the format becomes subnormal where the carrier is still normal
  bool flush;               // tiny results become zero
  bool infinities;          // infinities stay infinities
  Carrier beyond;           // the result of an overflow away from zero
};

// x rounded to the format; x is taken as exact, so it is rounded once. NaN stays NaN and the sign of zero is kept;
// infinities stay if the format has them. Not for Rounding::stochastic, which needs a draw (throws std::logic_error).
float round_value(float x, const RoundingTarget<float>& target, Rounding mode);
double round_value(double x, const RoundingTarget<double>& target, Rounding mode);

// Stochastic rounding of the exact value nearest + error, where `nearest` is the double nearest to it. Rounds away from
// zero if the discarded part exceeds (draw + 1/2) 2^-32 units in the last place. If `draw` is uniform over all 32-bit
// integers, the expectation differs from the exact value by less than 2^-33 units, and not at all if the discarded part
// is a multiple of 2^-32.
double round_stochastically(double nearest, double error, const RoundingTarget<double>& target, std::uint32_t draw);

// Rounds to odd what was rounded to nearest: `nearest` is the double nearest to an exact value and `error` is the exact
// value minus `nearest`. An inexact result gets an odd last bit. One more rounding to any format with at least two bits
// less is then right (Boldo and Melquiond, IEEE Trans. Computers 57(4), 2008).
double force_odd(double nearest, double error);

// x + y rounded to odd (Knuth's TwoSum gives the error exactly; no branch on magnitudes).
double sum_to_odd(double x, double y);

}  // namespace tristab
