// Binary floating-point formats: which values exist.
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

// The values m * 2^e with |m| < 2^precision, where normal numbers have min_exponent <= exponent <=
// max_exponent and the exponent of x is floor(log2 |x|). Symbols as in Muller et al., Handbook of
// Floating-Point Arithmetic (2018), section 2.1: p, emin, emax.
struct Format {
  std::string name;
  int precision = 0;     // p: significant bits, the implicit one included
  int min_exponent = 0;  // emin: exponent of the smallest normal number
  int max_exponent = 0;  // emax: exponent of the largest finite number
  int bits = 0;          // bits that a stored element takes

  int lsb_min() const { return min_exponent - precision + 1; }  // exponent of the smallest subnormal
  double unit_roundoff() const;                                 // u = 2^-p
  double largest() const;                                       // (2 - 2^(1-p)) 2^emax
  double smallest_normal() const;                               // 2^emin
  double smallest_subnormal() const;                            // 2^(emin - p + 1)

  // Every value of this format is a value of `other`.
  bool inside(const Format& other) const {
    return precision <= other.precision && lsb_min() >= other.lsb_min() && max_exponent <= other.max_exponent;
  }
  bool operator==(const Format& other) const {
    return precision == other.precision && min_exponent == other.min_exponent &&
           max_exponent == other.max_exponent;
  }
};

// How a value between two neighbours of a format is rounded. Overflow: nearest modes give infinity beyond
// largest + ulp/2, directed modes as IEEE 754 section 7.4 says, to-odd the largest finite value.
enum class Rounding { nearest_even, nearest_away, toward_zero, up, down, to_odd };

std::span<const std::string> rounding_names();  // "nearest-even", ... in the order of the enumeration
Rounding rounding_of(std::string_view name);    // throws std::logic_error for an unknown name
const std::string& name_of(Rounding rounding);

// What a format says of itself in `tristab list formats`.
struct FormatDescription {
  std::string name;
  std::string summary;
  std::string source;
};

std::span<const FormatDescription> format_descriptions();

// "fp64", "fp32", "tf32", "bf16", "fp16" or "eXmY" (X exponent bits, Y fraction bits, IEEE-style: bias
// 2^(X-1) - 1, subnormals, infinities; 2 <= X <= 9, 1 <= Y <= 50, and e11m52, which is fp64). Throws
// UsageError naming `place` and the nearest name.
Format format_of(std::string_view name, std::string_view place);

// Whether `name` has the shape of a format name: one of the list, or e<digits>m<digits>.
bool looks_like_format(std::string_view name);

const Format& fp64_format();
const Format& fp32_format();

}  // namespace tristab
