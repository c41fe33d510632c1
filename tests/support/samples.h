// Random operands that reach the corners of a format: all exponents, few significant bits as often as many, zeros of
// both signs, values at the ends of the range.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "tristab/format/format.h"

namespace tristab {

class Samples {
 public:
  explicit Samples(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  int integer(int low, int high) {  // both ends included
    return low + static_cast<int>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(int one_in) { return engine_() % static_cast<std::uint64_t>(one_in) == 0; }

  // A value of the format with exponent in [low, high] (subnormal below emin), often with few significant bits.
  double value(const Format& format, int low, int high) {
    const int exponent = integer(low, high);
    const int lsb = std::max(exponent - format.precision + 1, format.lsb_min());
    if (exponent < lsb) return engine_() & 1 ? -0.0 : 0.0;
    const int bits = exponent - lsb;  // below the leading one
    std::uint64_t fraction = bits == 0 ? 0 : engine_() >> (64 - bits);
    if (chance(3)) fraction &= ~std::uint64_t{0} << integer(0, bits);
    if (chance(8)) fraction = bits == 0 ? 0 : (std::uint64_t{1} << bits) - 1;
    const double size = std::ldexp(static_cast<double>((std::uint64_t{1} << bits) | fraction), lsb);
    if (size > format.largest() || (!format.subnormals && size < format.smallest_normal())) return 0;
    return engine_() & 1 ? -size : size;
  }

  // Any finite value of the format: every exponent equally likely, one in sixteen a zero or the largest.
  double any(const Format& format) {
    if (chance(16)) {
      const double end = chance(2) ? 0.0
                                   : std::ldexp(std::ldexp(1.0, format.precision) - 1 - format.reserved_codes,
                                                format.max_exponent - format.precision + 1);
      return engine_() & 1 ? -end : end;
    }
    return value(format, format.min_exponent - format.precision + 1, format.max_exponent);
  }

  // Of moderate size: sums of products of these often cancel and usually neither overflow nor underflow.
  double moderate(const Format& format) {
    return value(format, std::max(-3, format.min_exponent), std::min(1, format.max_exponent));
  }

 private:
  std::mt19937_64 engine_;
};

// All finite non-negative values of a format, ascending, given by pairs (fraction, exponent); for formats with at most
// 2^20 of them.
inline std::vector<double> non_negative_values(const Format& format) {
  std::vector<double> values;
  const int fractions = 1 << (format.precision - 1);
  for (int f = 0; f < fractions; ++f) values.push_back(std::ldexp(static_cast<double>(f), format.lsb_min()));
  for (int e = format.min_exponent; e <= format.max_exponent; ++e) {
    for (int f = 0; f < fractions; ++f) {
      const double value = std::ldexp(static_cast<double>(fractions + f), e - format.precision + 1);
      if (value <= format.largest()) values.push_back(value);
    }
  }
  return values;
}

// The formats of these tests: named ones, OCP formats and odd ones; those inside fp32 come first.
inline std::vector<Format> formats_inside_fp32() {
  std::vector<Format> formats;
  for (const char* name :
       {"fp16", "bf16", "tf32", "e5m2", "e4m3", "e2m1", "e3m2", "e5m7", "e8m3", "e6m9", "e8m12", "e8m23",
        "e4m3-saturate", "e4m3-infinity", "e5m2-nan", "fp16-flush", "fp16-saturate-flush", "p5emin-20emax9"}) {
    formats.push_back(format_of(name, "test"));
  }
  return formats;
}

inline constexpr Rounding kAllRoundings[] = {Rounding::nearest_even, Rounding::nearest_away, Rounding::toward_zero,
                                             Rounding::up,           Rounding::down,         Rounding::to_odd};

}  // namespace tristab
