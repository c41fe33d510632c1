// A sum of products of doubles without any rounding: a fixed-point number that is long enough for all of them (Kulisch
// and Miranker, Computer Arithmetic in Theory and Practice, 1981).
#pragma once

#include <array>
#include <cstdint>

#include "tristab/format/format.h"

namespace tristab {

class ExactSum {
 public:
  void add(double x) { add_product(x, 1); }
  void add_product(double x, double y);

  // The sum rounded once to the format. `draw` decides stochastic rounding (round_stochastically in round.h). An exact
  // zero is +0; it is -0 when rounding down, and if all terms were -0. Rounding down still gives +0 if all terms were
  // +0.
  double rounded(const Format& format, Rounding rounding, std::uint32_t draw = 0) const;

 private:
  // Digits of 32 bits in 64-bit integers: 2^31 products can be added before a carry could be lost. The unit is 2^-2176.
  static constexpr int kLowestExponent = -2176, kDigits = 140;
  std::array<std::int64_t, kDigits> digits_{};
  bool nan_ = false, positive_infinity_ = false, negative_infinity_ = false;
  bool any_positive_zero_ = false, any_negative_zero_ = false, any_nonzero_ = false;
};

}  // namespace tristab
