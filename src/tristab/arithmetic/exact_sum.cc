#include "tristab/arithmetic/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tristab/format/round.h"

namespace tristab {
namespace {

// x = significand * 2^exponent, significand an integer below 2^53.
struct Decomposed {
  std::uint64_t significand;
  int exponent;
};
Decomposed decompose(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const int field = static_cast<int>((bits >> 52) & 0x7ff);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  if (field == 0) return {fraction, -1074};
  return {fraction | (std::uint64_t{1} << 52), field - 1075};
}

__extension__ using Wide = unsigned __int128;

// A truncated magnitude, and the part cut off in units of its last place: fraction * 2^-64, and more if `sticky`.
struct Truncated {
  double magnitude;
  std::uint64_t fraction;
  bool sticky;
};

// Rounds a magnitude to fp64 in modes for which the carrier has no operation.
double rounded_to_double(const Truncated& value, bool negative, Rounding rounding, std::uint32_t draw) {
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  const bool inexact = value.fraction != 0 || value.sticky;
  const auto bits = std::bit_cast<std::uint64_t>(value.magnitude);
  const bool odd = (bits & 1) != 0, above_half = value.fraction > kHalf || (value.fraction == kHalf && value.sticky);
  bool away = false;
  switch (rounding) {
    case Rounding::nearest_even:
      away = above_half || (value.fraction == kHalf && odd);
      break;
    case Rounding::nearest_away:
      away = value.fraction >= kHalf;
      break;
    case Rounding::toward_zero:
      break;
    case Rounding::up:
      away = inexact && !negative;
      break;
    case Rounding::down:
      away = inexact && negative;
      break;
    case Rounding::to_odd:
      away = inexact && !odd;
      break;
    case Rounding::stochastic: {
      const std::uint64_t threshold = (std::uint64_t{draw} << 32) | 0x80000000U;
      away = value.fraction > threshold || (value.fraction == threshold && value.sticky);
      break;
    }
  }
  const double magnitude = std::bit_cast<double>(away ? bits + 1 : bits);
  return negative ? -magnitude : magnitude;
}

}  // namespace

void ExactSum::add_product(double x, double y) {
  const double product = x * y;  // only its class and sign are used
  if (!std::isfinite(x) || !std::isfinite(y)) {
    nan_ |= std::isnan(product);
    positive_infinity_ |= product > 0;
    negative_infinity_ |= product < 0;
    return;
  }
  if (x == 0 || y == 0) {
    (std::signbit(product) ? any_negative_zero_ : any_positive_zero_) = true;
    return;
  }
  any_nonzero_ = true;
  const Decomposed a = decompose(x), b = decompose(y);
  const int position = a.exponent + b.exponent - kLowestExponent;
  const auto digit = static_cast<std::size_t>(position / 32);
  const int shift = position % 32;
  const Wide significand = static_cast<Wide>(a.significand) * b.significand;  // below 2^106
  const std::int64_t sign = std::signbit(product) ? -1 : 1;
  Wide rest = significand >> (32 - shift);  // without the lowest digit: 106 + 31 bits would not fit
  digits_[digit] += sign * static_cast<std::int64_t>(static_cast<std::uint32_t>(significand << shift));
  for (std::size_t d = digit + 1; rest != 0; ++d, rest >>= 32)
    digits_[d] += sign * static_cast<std::int64_t>(static_cast<std::uint32_t>(rest));
}

double ExactSum::rounded(const Format& format, Rounding rounding, std::uint32_t draw) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const RoundingTarget<double> target(format);
  if (nan_ || (positive_infinity_ && negative_infinity_)) return std::numeric_limits<double>::quiet_NaN();
  if (positive_infinity_ || negative_infinity_)
    return round_value(positive_infinity_ ? infinity : -infinity, target, Rounding::nearest_even);

  // Digits in [0, 2^32) of the magnitude. A borrow left at the end means that the sum is negative: then compute them
  // again from the negated digits.
  std::array<std::uint32_t, kDigits> digits{};
  const auto normalise = [&](std::int64_t sign) {
    std::int64_t carry = 0;
    for (std::size_t d = 0; d < digits.size(); ++d) {
      const std::int64_t value = sign * digits_[d] + carry;
      digits[d] = static_cast<std::uint32_t>(value & 0xffffffff);
      carry = value >> 32;
    }
    return carry < 0;
  };
  const bool negative = normalise(1);
  if (negative) normalise(-1);
  int top = kDigits - 1;
  while (top >= 0 && digits[static_cast<std::size_t>(top)] == 0) --top;
  if (top < 0) {
    const bool only_negative = !any_nonzero_ && any_negative_zero_ && !any_positive_zero_;
    const bool mixed_down = rounding == Rounding::down && (any_nonzero_ || any_negative_zero_);
    return only_negative || mixed_down ? -0.0 : 0.0;
  }

  const auto bit_at = [&](int position) -> std::uint64_t {
    if (position < 0) return 0;
    return (digits[static_cast<std::size_t>(position / 32)] >> (position % 32)) & 1;
  };
  const int leading = top * 32 + std::bit_width(digits[static_cast<std::size_t>(top)]) - 1;
  // The last place of the truncated double: 53 bits, or 2^-1074.
  const int last = std::max(leading - 52, -1074 - kLowestExponent);
  Truncated value{};
  std::uint64_t significand = 0;
  for (int position = leading; position >= last; --position) significand = significand << 1 | bit_at(position);
  for (int position = last - 1; position >= last - 64; --position)
    value.fraction = value.fraction << 1 | bit_at(position);
  for (int position = 0; position < last - 64 && !value.sticky; ++position) value.sticky = bit_at(position) != 0;
  if (leading + kLowestExponent > 1023) {  // beyond double: overflows in every mode that can overflow
    value = {std::numeric_limits<double>::max(), ~std::uint64_t{0}, true};
  } else {
    value.magnitude = std::ldexp(static_cast<double>(significand), last + kLowestExponent);
  }
  if (format.precision == fp64_format().precision) return rounded_to_double(value, negative, rounding, draw);

  const double signed_magnitude = negative ? -value.magnitude : value.magnitude;
  const double unit = std::ldexp(1.0, last + kLowestExponent);
  const double size = (static_cast<double>(value.fraction) * 0x1p-64 + (value.sticky ? 0x1p-70 : 0)) * unit;
  const bool inexact = value.fraction != 0 || value.sticky;
  if (rounding == Rounding::stochastic)
    return round_stochastically(signed_magnitude, negative ? -size : size, target, draw);
  const auto bits = std::bit_cast<std::uint64_t>(value.magnitude) | (inexact ? 1 : 0);
  const double odd = std::bit_cast<double>(bits);
  return round_value(negative ? -odd : odd, target, rounding);
}

}  // namespace tristab
