// The oracle of single operations: the exact result rounded to odd in binary64, then rounded once, in integers, to the
// format. This is right because 53 bits are at least p + 2 and binary64 reaches far below the format's smallest number
// (Boldo and Melquiond, IEEE Trans. Computers 57(4), 2008). It shares nothing with the emulator except the names Format
// and Rounding, and is checked against MPFR.
//
// Operands: values of at most 24 significant bits inside fp32's range. Formats: p <= 24, inside fp32's range.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tristab/format/format.h"
#include "tristab/selftest/operator.h"

namespace tristab::selftest {

// Exact results, rounded to odd if binary64 does not hold them. Non-finite results and the sign of an exact zero follow
// IEEE 754 for rounding to nearest.
double odd_sum(double x, double y);
double odd_quotient(double x, double y);
double odd_root(double x);
inline double odd_product(double x, double y) { return x * y; }  // 48 bits: exact
inline double odd_fused(double x, double y, double z) { return odd_sum(x * y, z); }

// What rounding needs to know about a format.
struct OracleFormat {
  explicit OracleFormat(const Format& format)
      : precision(format.precision),
        min_exponent(format.min_exponent),
        subnormals(format.subnormals),
        keeps_infinity(format.overflow == Overflow::infinity),
        smallest_normal(std::ldexp(1.0, format.min_exponent)),
        largest(std::ldexp(std::ldexp(1.0, format.precision) - 1 - format.reserved_codes,
                           format.max_exponent - format.precision + 1)),
        beyond(keeps_infinity                     ? std::numeric_limits<double>::infinity()
               : format.overflow == Overflow::nan ? std::numeric_limits<double>::quiet_NaN()
                                                  : largest) {}
  int precision, min_exponent;
  bool subnormals, keeps_infinity;
  double smallest_normal, largest, beyond;
};

// Rounds a value that was rounded to odd to the format.
inline double rounded(double odd, const OracleFormat& format, Rounding mode) {
  constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63, hidden = std::uint64_t{1} << 52;
  const auto bits = std::bit_cast<std::uint64_t>(odd);
  const std::uint64_t magnitude = bits & ~sign_bit;
  const bool negative = (bits & sign_bit) != 0;
  if (magnitude == 0) return odd;
  const int exponent = static_cast<int>(magnitude >> 52) - 1023;
  if (exponent == 1024) {
    if (magnitude != std::uint64_t{0x7ff} << 52) return odd;  // NaN
    return negative ? -format.beyond : format.beyond;
  }
  const std::uint64_t significand = (magnitude & (hidden - 1)) | hidden;
  const int base = format.subnormals && exponent < format.min_exponent ? format.min_exponent : exponent;
  const int dropped = 53 - format.precision + (base - exponent);
  // A value far below the last place keeps no bits: a shift of 62 drops all of them.
  const int shift = dropped < 62 ? dropped : 62;
  std::uint64_t kept = significand >> shift;
  const std::uint64_t rest = significand & ((std::uint64_t{1} << shift) - 1), half = std::uint64_t{1} << (shift - 1);
  switch (mode) {
    case Rounding::nearest_even:
      kept += rest > half || (rest == half && (kept & 1) != 0) ? 1 : 0;
      break;
    case Rounding::nearest_away:
      kept += rest >= half ? 1 : 0;
      break;
    case Rounding::up:
      kept += rest != 0 && !negative ? 1 : 0;
      break;
    case Rounding::down:
      kept += rest != 0 && negative ? 1 : 0;
      break;
    case Rounding::to_odd:
      kept |= rest != 0 ? 1 : 0;
      break;
    case Rounding::toward_zero:
    case Rounding::stochastic:
      break;
  }
  const int place = base - format.precision + 1;
  double size = static_cast<double>(kept) * std::bit_cast<double>(static_cast<std::uint64_t>(place + 1023) << 52);
  if (!format.subnormals && size < format.smallest_normal) size = 0;
  if (size > format.largest) {
    const bool outward = mode == Rounding::nearest_even || mode == Rounding::nearest_away ||
                         (mode == Rounding::up && !negative) || (mode == Rounding::down && negative);
    size = outward ? format.beyond : format.largest;
  }
  return negative ? -size : size;
}

// The result of odd_sum for x + y with the sign of an exact zero corrected for the mode: when rounding down, an exact
// zero is -0 unless both terms are +0.
inline double with_sign_of_zero(double sum, double x, double y, Rounding mode) {
  if (mode != Rounding::down || sum != 0) return sum;
  return std::signbit(x) || std::signbit(y) ? -0.0 : 0.0;
}

// x op y (fused: x y + z), rounded once.
double oracle_result(Operator op, double x, double y, double z, const OracleFormat& format, Rounding mode);

}  // namespace tristab::selftest
