#include "tristab/format/format_explanation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "tristab/format/format_codes.h"

namespace tristab {
namespace {

constexpr double most_to_count = 1e7;  // a larger count is not worth printing
constexpr double most_to_list = 32;

// Positive finite values, subnormal ones included.
double count_positive(const Format& format) {
  const double binade = power_of_two(format.precision - 1);
  const double binades = format.max_exponent - format.min_exponent + 1;
  return binades * binade - format.reserved_codes + (format.subnormals ? binade - 1 : 0);
}

std::string all_values(const Format& format) {
  std::vector<std::string> values{"0"};
  const double step = power_of_two(format.lsb_min());
  const int binade = 1 << (format.precision - 1);
  if (format.subnormals) {
    for (int f = 1; f < binade; ++f) values.push_back(fmt::format("{:g}", f * step));
  }
  for (int e = format.min_exponent; e <= format.max_exponent; ++e) {
    for (int f = binade; f < 2 * binade; ++f) {
      const double value = f * power_of_two(e - format.precision + 1);
      if (value <= format.largest()) values.push_back(fmt::format("{:g}", value));
    }
  }
  return fmt::format("{}", fmt::join(values, ", "));
}

}  // namespace

FormatExplanation explain(const Format& format) {
  const CodeLayout layout = code_layout(format);
  const int fraction_bits = layout.fraction_bits, exponent_bits = layout.exponent_bits, bias = layout.bias;
  const int last = layout.last_exponent;
  const bool ieee = layout.has_infinities;
  FormatExplanation text;
  text.layout =
      fmt::format("{} bits: 1 sign s, {} exponent e (bias {}), {} fraction f{}", format.bits, exponent_bits, bias,
                  fraction_bits, layout.unused > 0 ? fmt::format(", {} unused (stored as fp32)", layout.unused) : "");
  text.formula =
      fmt::format("x = (-1)^s (1 + f 2^-{}) 2^(e - {}) for 1 <= e <= {}; at e = 0 ", fraction_bits, bias, last);
  text.formula += format.subnormals ? fmt::format("(-1)^s f 2^{}", format.lsb_min()) : "zero (no subnormals)";
  if (ieee) {
    text.special = fmt::format("e = {}: infinity where f = 0, NaN elsewhere", last + 1);
  } else if (format.reserved_codes > 0) {
    text.special = fmt::format("e = {}, f = {}: NaN; no infinities", last, (1 << fraction_bits) - 1);
  } else {
    text.special = "none: every code is a finite number (a NaN stays NaN in the emulation, so that it shows)";
  }
  const double positive = count_positive(format);
  if (positive <= most_to_list) {
    text.values = fmt::format("{} and their negatives", all_values(format));
  } else if (positive <= most_to_count) {
    text.values = fmt::format("{:.0f} finite ones, zero counted once", 2 * positive + 1);
  } else {
    text.values = fmt::format("about {:.3g} finite ones", 2 * positive + 1);
  }
  return text;
}

}  // namespace tristab
