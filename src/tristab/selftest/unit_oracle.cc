#include "tristab/selftest/unit_oracle.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tristab/selftest/odd_oracle.h"

namespace tristab::selftest {
namespace {

int exponent_of(float x, int min_exponent) { return std::max(std::ilogb(x), min_exponent); }

// The result for infinities and NaN in one group; 0 if everything is finite.
float special_of(const float* a, const float* b, std::ptrdiff_t b_stride, int count, float c) {
  bool nan = std::isnan(c), up = std::isinf(c) && c > 0, down = std::isinf(c) && c < 0;
  for (int k = 0; k < count; ++k) {
    const float x = a[k], y = b[k * b_stride];
    if (std::isfinite(x) && std::isfinite(y)) continue;
    nan = nan || std::isnan(x) || std::isnan(y) || x == 0 || y == 0;
    (std::signbit(x) != std::signbit(y) ? down : up) = true;
  }
  if (nan || (up && down)) return std::bit_cast<float>(0x7fffffffU);
  if (!up && !down) return 0;
  return up ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
}

}  // namespace

float unit_dot(const Accumulation& accumulation, int operand_min_exponent, const float* a, const float* b,
               std::ptrdiff_t b_stride, int inner, float c) {
  const MatrixUnit& unit = accumulation.unit;
  const OracleFormat format(accumulation.format);
  OracleFormat unbounded = format;  // results beyond the largest number overflow in every rounding
  unbounded.largest = std::numeric_limits<double>::infinity();
  for (int first = 0; first < inner; first += unit.terms) {
    const int count = std::min(unit.terms, inner - first);
    const float* x = a + first;
    const float* y = b + first * b_stride;
    if (const float special = special_of(x, y, b_stride, count, c); special != 0) {  // NaN is not 0 either
      c = special;
      continue;
    }
    constexpr int none = std::numeric_limits<int>::min();
    int largest = c == 0 ? none : exponent_of(c, accumulation.format.min_exponent);
    for (int k = 0; k < count; ++k) {
      if (x[k] == 0 || y[k * b_stride] == 0) continue;
      largest = std::max(largest,
                         exponent_of(x[k], operand_min_exponent) + exponent_of(y[k * b_stride], operand_min_exponent));
    }
    if (largest == none) {
      c = 0;
      continue;
    }
    const int place = std::max(largest, unit.lowest_exponent) - unit.fraction_bits;
    const double addend = std::ldexp(static_cast<double>(c), -place);
    double sum = unit.addend_floor ? std::floor(addend) : std::trunc(addend);
    for (int k = 0; k < count; ++k)
      sum += std::trunc(std::ldexp(static_cast<double>(x[k]) * static_cast<double>(y[k * b_stride]), -place));
    const double result = rounded(std::ldexp(sum, place), unbounded, accumulation.rounding);
    c = static_cast<float>(std::fabs(result) > format.largest ? std::copysign(format.beyond, result) : result);
    if (c == 0) c = 0;  // +0
  }
  return c;
}

}  // namespace tristab::selftest
