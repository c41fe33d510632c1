#include "tristab/selftest/codes.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace tristab::selftest {
namespace {

struct Layout {
  int exponent_bits, fraction_bits;
  bool infinities;
};

Layout layout_of(std::string_view format) {
  if (format == "fp16") return {5, 10, true};
  if (format == "bf16") return {8, 7, true};
  if (format == "fp32") return {8, 23, true};
  if (format == "e5m2") return {5, 2, true};
  if (format == "e4m3") return {4, 3, false};
  throw std::logic_error(fmt::format("no codes of {}", format));
}

}  // namespace

float value_of_code(std::string_view format, std::uint32_t code) {
  const auto [exponent_bits, fraction_bits, infinities] = layout_of(format);
  const std::uint32_t fraction = code & ((1U << fraction_bits) - 1);
  const std::uint32_t last_field = (1U << exponent_bits) - 1, field = (code >> fraction_bits) & last_field;
  const bool negative = ((code >> (exponent_bits + fraction_bits)) & 1) != 0;
  const std::uint32_t sign = negative ? 0x80000000U : 0U;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (field == last_field) {
    const bool all_set = fraction == (1U << fraction_bits) - 1;
    if (infinities || all_set) return std::bit_cast<float>(sign | 0x7f800000U | (fraction << (23 - fraction_bits)));
  }
  const int exponent = field == 0 ? 1 - bias : static_cast<int>(field) - bias;
  const double significand = static_cast<double>(fraction) + (field == 0 ? 0.0 : std::ldexp(1.0, fraction_bits));
  const double size = std::ldexp(significand, exponent - fraction_bits);
  return static_cast<float>(negative ? -size : size);
}

std::vector<float> values_of_codes(std::string_view format, std::uint32_t count) {
  std::vector<float> values;
  values.reserve(count);
  for (std::uint32_t code = 0; code < count; ++code) values.push_back(value_of_code(format, code));
  return values;
}

std::uint32_t code_of_value(std::string_view format, float value) {
  if (format == "fp32") return std::isnan(value) ? 0x7fffffffU : std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return 0x7fffU;
  const std::uint32_t sign = std::signbit(value) ? 0x8000U : 0U;
  const double size = std::fabs(static_cast<double>(value));
  if (std::isinf(size)) return sign | 0x7c00U;
  if (size == 0) return sign;
  const int exponent = std::max(std::ilogb(size), -14);
  const double significand = std::ldexp(size, 10 - exponent);  // below 2^10: subnormal
  if (exponent > 15 || significand != std::trunc(significand)) return 0xffffffffU;
  // The significand's implicit bit adds the missing one to the exponent field.
  return sign | static_cast<std::uint32_t>((exponent + 14) * 1024 + static_cast<int>(significand));
}

}  // namespace tristab::selftest
