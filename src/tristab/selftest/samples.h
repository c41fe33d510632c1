// Random operands that reach the corners of a format: every exponent is equally likely, few significant bits are as
// likely as many, and zeros, ends of the range and non-finite values occur. A fixed seed gives a fixed sequence.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tristab/format/format.h"

namespace tristab::selftest {

class Samples {
 public:
  explicit Samples(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits();            // SplitMix64: Steele, Lea and Flood, OOPSLA 2014
  int integer(int low, int high);  // both ends included
  bool chance(int one_in) { return bits() % static_cast<std::uint64_t>(one_in) == 0; }

  // A finite value with exponent in [low, high]; subnormal below emin, zero below the smallest subnormal.
  double value(const Format& format, int low, int high);
  // Any finite value, ends of the range included.
  double any(const Format& format);
  // From 2^-3 to 2^2: sums of products of these often cancel and rarely leave the range.
  double moderate(const Format& format);
  // From the smallest subnormal to a little above the smallest normal number.
  double small(const Format& format);
  // One in twelve is infinite, NaN or a zero; the others are as in any().
  double special(const Format& format);

 private:
  std::uint64_t state_;
};

// Element (i, j) of a matrix of `columns` columns without gaps.
inline std::size_t element(int i, int j, int columns) {
  return static_cast<std::size_t>(i) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(j);
}

}  // namespace tristab::selftest
