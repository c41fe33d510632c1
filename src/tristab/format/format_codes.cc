// Source of the encoding: IEEE 754-2019, section 3.4; where a format departs from it, OCP's 8-bit floating point and
// microscaling specifications (format_descriptions() names them).
#include "tristab/format/format_codes.h"

#include <cmath>
#include <limits>

namespace tristab {
namespace {

std::uint64_t ones(int bits) { return (std::uint64_t{1} << bits) - 1; }

}  // namespace

CodeLayout code_layout(const Format& format) {
  CodeLayout layout;
  const bool padded = format.precision == 11 && format.bits == 32;  // tf32 leaves 13 of its 32 bits unused
  layout.fraction_bits = format.precision - 1;
  layout.exponent_bits = padded ? 8 : format.bits - format.precision;
  layout.unused = padded ? 13 : 0;
  layout.bias = 1 - format.min_exponent;
  layout.last_exponent = format.max_exponent + layout.bias;
  layout.has_infinities = (1 << layout.exponent_bits) > layout.last_exponent + 1;
  return layout;
}

std::optional<std::uint64_t> code_of(double value, const Format& format) {
  const CodeLayout layout = code_layout(format);
  const int f = layout.fraction_bits;
  std::uint64_t exponent = 0, fraction = 0;
  if (std::isnan(value)) {
    if (!layout.has_infinities && format.reserved_codes == 0) return std::nullopt;
    exponent = static_cast<std::uint64_t>(layout.last_exponent) + (layout.has_infinities ? 1 : 0);
    fraction = layout.has_infinities ? std::uint64_t{1} << (f - 1) : ones(f);
  } else if (std::isinf(value)) {
    if (!layout.has_infinities) return std::nullopt;
    exponent = static_cast<std::uint64_t>(layout.last_exponent) + 1;
  } else if (std::fabs(value) >= format.smallest_normal()) {
    const int e = std::ilogb(value);
    exponent = static_cast<std::uint64_t>(e + layout.bias);
    fraction = static_cast<std::uint64_t>(std::ldexp(std::fabs(value), f - e)) - (std::uint64_t{1} << f);
  } else {
    fraction = static_cast<std::uint64_t>(std::ldexp(std::fabs(value), -format.lsb_min()));
  }
  const std::uint64_t sign = std::signbit(value) && !std::isnan(value) ? 1 : 0;
  return ((sign << layout.exponent_bits | exponent) << f | fraction) << layout.unused;
}

double value_of_code(std::uint64_t code, const Format& format) {
  const CodeLayout layout = code_layout(format);
  code >>= layout.unused;
  const std::uint64_t fraction = code & ones(layout.fraction_bits);
  const int exponent = static_cast<int>(code >> layout.fraction_bits & ones(layout.exponent_bits));
  const bool negative = (code >> (layout.fraction_bits + layout.exponent_bits) & 1) != 0;
  double value = 0;
  if (exponent > layout.last_exponent) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = format.subnormals ? std::ldexp(static_cast<double>(fraction), format.lsb_min()) : 0;
  } else {
    const double significand = static_cast<double>(fraction | std::uint64_t{1} << layout.fraction_bits);
    value = std::ldexp(significand, exponent - layout.bias - layout.fraction_bits);
    if (value > format.largest()) value = std::numeric_limits<double>::quiet_NaN();  // a reserved code
  }
  return negative ? -value : value;
}

}  // namespace tristab
