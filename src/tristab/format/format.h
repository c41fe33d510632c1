// Binary floating-point formats: the set of values that each one has.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tristab {

// 2^exponent; exact down to 2^-1074.
inline double power_of_two(int exponent) {
  if (exponent < -1022 || exponent > 1023) return std::ldexp(1.0, exponent);
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

// What a result beyond the largest finite number becomes if it is rounded away from zero, and what an infinity becomes
// when it is rounded to the format.
enum class Overflow { infinity, nan, saturate };

// The values m * 2^e with |m| < 2^precision, where normal numbers have min_exponent <= exponent <= max_exponent and the
// exponent of x is floor(log2 |x|). Symbols as in Muller et al., Handbook of Floating-Point Arithmetic (2018), section
// 2.1: p, emin, emax. Every format keeps NaN, even if it cannot store it, so that a failure stays visible.
struct Format {
  std::string name;
  int precision = 0;       // p: significant bits, the implicit one included
  int min_exponent = 0;    // emin: exponent of the smallest normal number
  int max_exponent = 0;    // emax: exponent of the largest finite number
  int bits = 0;            // bits that a stored element takes
  int reserved_codes = 0;  // significands at the top of the last binade that are not numbers (e4m3's NaN)
  Overflow overflow = Overflow::infinity;
  bool subnormals = true;  // false: a result that is tiny after rounding (IEEE 754 section 7.5) becomes zero

  int lsb_min() const { return min_exponent - precision + 1; }                     // exponent of the smallest subnormal
  int smallest_exponent() const { return subnormals ? lsb_min() : min_exponent; }  // of a non-zero value
  double unit_roundoff() const;                                                    // u = 2^-p
  double largest() const;             // (2 - 2^(1-p) (1 + reserved_codes)) 2^emax
  double smallest_normal() const;     // 2^emin
  double smallest_subnormal() const;  // 2^(emin - p + 1)
  // The distance of the format's numbers at this magnitude; that of the smallest ones at 0, infinity and NaN.
  double ulp(double value) const;

  // Like IEEE 754: subnormals and infinities exist, and every significand is a number.
  bool is_ieee_style() const { return subnormals && overflow == Overflow::infinity && reserved_codes == 0; }

  // Every finite value of this format is a value of `other`.
  bool inside(const Format& other) const {
    return precision <= other.precision && lsb_min() >= other.lsb_min() &&
           smallest_exponent() >= other.smallest_exponent() && largest() <= other.largest();
  }
  bool operator==(const Format& other) const {
    return precision == other.precision && min_exponent == other.min_exponent && max_exponent == other.max_exponent &&
           reserved_codes == other.reserved_codes && overflow == other.overflow && subnormals == other.subnormals;
  }
};

// How a value between two neighbours of a format is rounded. Overflow: nearest modes give the format's overflow value
// beyond largest + ulp/2; stochastic gives it if the draw rounds beyond the largest; directed modes follow IEEE 754
// section 7.4; to-odd gives the largest finite value. Stochastic rounds away from zero with probability (discarded
// part) / ulp (Croci et al., Stochastic rounding, Royal Society Open Science 9, 2022, definition of SR-nearness).
enum class Rounding { nearest_even, nearest_away, toward_zero, up, down, to_odd, stochastic };

std::span<const std::string> rounding_names();  // "nearest-even", ... in the order of the enumeration
Rounding rounding_of(std::string_view name);    // throws std::logic_error for an unknown name
const std::string& name_of(Rounding rounding);

// One row of `tristab list formats`.
struct FormatDescription {
  std::string name;
  std::string summary;
  std::string source;
};

std::span<const FormatDescription> format_descriptions();

// The format with this name:
//   fp64, fp32, tf32, bf16, fp16; OCP's e5m2, e4m3 (largest 448, no infinities), e3m2, e2m3, e2m1 (saturating)
//   eXmY               X exponent bits, Y fraction bits, IEEE-style: bias 2^(X-1) - 1, subnormals, infinities;
//                      2 <= X <= 9, 1 <= Y <= 50, and e11m52, which is fp64
//   pPemin<E>emax<E>   precision P, exponents given ("p8emin-126emax127"); 2 <= P <= 51, -300 <= emin <= emax <= 300
//   and after any of these, in this order: -infinity, -nan or -saturate (overflow), -flush (no subnormals)
// Throws UsageError naming `place` and the nearest name.
Format format_of(std::string_view name, std::string_view place);

// The same format with another overflow rule, or without subnormals; its name says so.
Format with_overflow(const Format& format, Overflow overflow);
Format without_subnormals(const Format& format);

// Whether `name` has the shape of a format name.
bool looks_like_format(std::string_view name);

const Format& fp64_format();
const Format& fp32_format();

}  // namespace tristab
