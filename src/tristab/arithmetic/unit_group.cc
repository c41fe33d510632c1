// One group of products on a matrix unit, in integers: the definition that the vector kernels follow (the model bfma of
// README.md; sources there), and their fallback.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tristab/arithmetic/matrix_unit.h"

namespace tristab {
namespace {

// x = significand * 2^(exponent - 23), with an exponent of at least emin.
struct Decomposed {
  std::int64_t significand;
  int exponent;
};
Decomposed decompose(float x, int min_exponent) {
  const int exponent = std::max(x == 0 ? min_exponent : std::ilogb(x), min_exponent);
  return {static_cast<std::int64_t>(std::ldexp(static_cast<double>(x), 23 - exponent)), exponent};
}

// value * 2^-shift, truncated toward zero (floor: toward minus infinity).
std::int64_t aligned(std::int64_t value, int shift, bool floor) {
  if (value == 0) return 0;  // its exponent may be far above that of the group
  if (shift <= 0) return value * (std::int64_t{1} << -shift);
  if (shift > 62) return floor && value < 0 ? -1 : 0;
  const std::int64_t magnitude = value < 0 ? -value : value, kept = magnitude >> shift;
  if (value >= 0) return kept;
  return floor && (kept << shift) != magnitude ? -kept - 1 : -kept;
}

}  // namespace

float unit_group(const UnitTask& task, const float* a, const float* b, std::ptrdiff_t b_stride, int count, float c) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const MatrixUnit& unit = task.unit;
  const int min_exponent = task.product.operand_min_exponent;
  bool nan = std::isnan(c), positive = c == infinity, negative = c == -infinity;
  int largest = c != 0 && std::isfinite(c) ? std::max(std::ilogb(c), task.min_exponent) : kNoExponent;
  for (int k = 0; k < count; ++k) {
    const float x = a[k], y = b[k * b_stride];
    const float product = x * y;  // only its class and sign are used
    nan |= std::isnan(product);
    const bool infinite = std::isinf(x) || std::isinf(y);
    positive |= infinite && product > 0;
    negative |= infinite && product < 0;
    if (!nan && !infinite && x != 0 && y != 0)
      largest = std::max(largest, decompose(x, min_exponent).exponent + decompose(y, min_exponent).exponent);
  }
  if (nan || (positive && negative)) return std::bit_cast<float>(0x7fffffffU);  // the only NaN that the units give
  if (positive || negative) return positive ? infinity : -infinity;
  if (largest == kNoExponent) return 0;
  largest = std::max(largest, unit.lowest_exponent);

  // In units of 2^(largest - F).
  const int lowest = largest - unit.fraction_bits;
  std::int64_t sum = 0;
  if (c != 0) {
    const Decomposed addend = decompose(c, task.min_exponent);
    sum = aligned(addend.significand, lowest - (addend.exponent - 23), unit.addend_floor);
  }
  for (int k = 0; k < count; ++k) {
    const Decomposed x = decompose(a[k], min_exponent), y = decompose(b[k * b_stride], min_exponent);
    sum += aligned(x.significand * y.significand, lowest - (x.exponent + y.exponent - 46), false);
  }
  if (sum == 0) return 0;
  const double rounded = round_value(std::ldexp(static_cast<double>(sum), lowest), task.target, task.rounding);
  if (rounded == 0) return 0;  // +0, whatever the sign of the sum
  return static_cast<float>(std::fabs(rounded) > task.largest ? std::copysign(task.beyond, rounded) : rounded);
}

}  // namespace tristab
