#include "tristab/format/format.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tristab/base/errors.h"
#include "tristab/format/format_name.h"

namespace tristab {
namespace {

const std::array<std::string, 7> kRoundingNames{"nearest-even", "nearest-away", "toward-zero", "up",
                                                "down",         "to-odd",       "stochastic"};

// In the order of the enumeration Overflow.
constexpr std::array<std::string_view, 3> kOverflowSuffixes{"-infinity", "-nan", "-saturate"};
constexpr std::string_view kFlushSuffix = "-flush";

// Name, p, emin, emax, stored bits, reserved codes, overflow: the table of README.md. Sources: IEEE 754-2019 table 3.5;
// NVIDIA's PTX ISA for tf32 (stored as fp32) and bf16; OCP 8-bit Floating Point Specification (OFP8) 1.0 tables 1 and 2
// for e5m2 and e4m3; OCP Microscaling Formats (MX) 1.0 section 5.3 for e3m2, e2m3 and e2m1, which have neither
// infinities nor NaN and saturate.
const std::array<Format, 10> kFormats{{{"fp64", 53, -1022, 1023, 64},
                                       {"fp32", 24, -126, 127, 32},
                                       {"tf32", 11, -126, 127, 32},
                                       {"bf16", 8, -126, 127, 16},
                                       {"fp16", 11, -14, 15, 16},
                                       {"e5m2", 3, -14, 15, 8},
                                       {"e4m3", 4, -6, 8, 8, 1, Overflow::nan},
                                       {"e3m2", 3, -2, 4, 6, 0, Overflow::saturate},
                                       {"e2m3", 4, 0, 2, 6, 0, Overflow::saturate},
                                       {"e2m1", 2, 0, 2, 4, 0, Overflow::saturate}}};

// Reads an integer at the front of `text` and removes it.
std::optional<int> take_integer(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// X and Y of "eXmY".
std::optional<std::pair<int, int>> parse_exmy(std::string_view name) {
  std::string_view rest = name;
  if (!take(rest, "e")) return std::nullopt;
  const auto exponent_bits = take_integer(rest);
  if (!exponent_bits || !take(rest, "m")) return std::nullopt;
  const auto fraction_bits = take_integer(rest);
  if (!fraction_bits || !rest.empty()) return std::nullopt;
  if (name != fmt::format("e{}m{}", *exponent_bits, *fraction_bits)) return std::nullopt;  // only one spelling
  return std::pair(*exponent_bits, *fraction_bits);
}

// P, emin and emax of "pPemin<E>emax<E>".
std::optional<std::array<int, 3>> parse_custom(std::string_view name) {
  std::string_view rest = name;
  if (!take(rest, "p")) return std::nullopt;
  const auto precision = take_integer(rest);
  if (!precision || !take(rest, "emin")) return std::nullopt;
  const auto min_exponent = take_integer(rest);
  if (!min_exponent || !take(rest, "emax")) return std::nullopt;
  const auto max_exponent = take_integer(rest);
  if (!max_exponent || !rest.empty()) return std::nullopt;
  if (name != fmt::format("p{}emin{}emax{}", *precision, *min_exponent, *max_exponent)) return std::nullopt;
  return std::array{*precision, *min_exponent, *max_exponent};
}

// A name split into its base and its modifiers.
struct Parts {
  std::string_view base;
  std::optional<Overflow> overflow;
  bool flush = false;
};

Parts split(std::string_view name) {
  Parts parts{name, std::nullopt, false};
  if (parts.base.ends_with(kFlushSuffix)) {
    parts.base.remove_suffix(kFlushSuffix.size());
    parts.flush = true;
  }
  for (std::size_t i = 0; i < kOverflowSuffixes.size(); ++i) {
    if (!parts.base.ends_with(kOverflowSuffixes[i])) continue;
    parts.base.remove_suffix(kOverflowSuffixes[i].size());
    parts.overflow = static_cast<Overflow>(i);
    break;
  }
  return parts;
}

Format exmy_format(std::string_view name, int exponent_bits, int fraction_bits, std::string_view place) {
  if (exponent_bits == 11 && fraction_bits == 52) {
    Format format = kFormats[0];
    format.name = name;
    return format;
  }
  // The limits come from rounding to odd in double: p + 2 <= 53, and products of subnormals must stay in double's
  // normal range.
  if (exponent_bits < 2 || exponent_bits > 9 || fraction_bits < 1 || fraction_bits > 50) {
    refuse(place, fmt::format("format '{}'", name),
           "eXmY with X from 2 to 9 exponent bits and Y from 1 to 50 fraction bits, or e11m52");
  }
  const int bias = (1 << (exponent_bits - 1)) - 1;
  return {std::string(name), fraction_bits + 1, 1 - bias, bias, 1 + exponent_bits + fraction_bits};
}

Format custom_format(std::string_view name, int precision, int min_exponent, int max_exponent, std::string_view place) {
  if (precision < 2 || precision > 51 || min_exponent < -300 || max_exponent > 300 || min_exponent > max_exponent) {
    refuse(place, fmt::format("format '{}'", name),
           "pPemin<E>emax<E> with P from 2 to 51 significant bits and -300 <= emin <= emax <= 300");
  }
  // Exponents emin..emax, one code for zero and subnormals, and one for infinities and NaN.
  int exponent_bits = 1;
  while ((1 << exponent_bits) < max_exponent - min_exponent + 3) ++exponent_bits;
  return {std::string(name), precision, min_exponent, max_exponent, exponent_bits + precision};
}

Format base_format(std::string_view name, std::string_view place) {
  for (const Format& format : kFormats) {
    if (format.name == name) return format;
  }
  if (const auto exmy = parse_exmy(name)) return exmy_format(name, exmy->first, exmy->second, place);
  if (const auto custom = parse_custom(name))
    return custom_format(name, (*custom)[0], (*custom)[1], (*custom)[2], place);
  std::vector<std::string> names;
  for (const FormatDescription& description : format_descriptions()) names.push_back(description.name);
  throw_unknown_name(place, "format", name, names);
}

}  // namespace

double Format::unit_roundoff() const { return power_of_two(-precision); }
double Format::largest() const {
  return (2.0 - power_of_two(1 - precision) * (1 + reserved_codes)) * power_of_two(max_exponent);
}
double Format::smallest_normal() const { return power_of_two(min_exponent); }
double Format::smallest_subnormal() const { return power_of_two(lsb_min()); }
double Format::ulp(double value) const {
  const int exponent = value == 0 || !std::isfinite(value) ? min_exponent : std::max(std::ilogb(value), min_exponent);
  return power_of_two(exponent - precision + 1);
}

std::span<const std::string> rounding_names() { return kRoundingNames; }

Rounding rounding_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoundingNames.size(); ++i) {
    if (kRoundingNames[i] == name) return static_cast<Rounding>(i);
  }
  throw std::logic_error(fmt::format("no rounding is called '{}'", name));
}

const std::string& name_of(Rounding rounding) { return kRoundingNames.at(static_cast<std::size_t>(rounding)); }

std::span<const FormatDescription> format_descriptions() {
  static const std::vector<FormatDescription> descriptions{
      {"fp64", "IEEE binary64: 53 significant bits", "IEEE 754-2019 table 3.5"},
      {"fp32", "IEEE binary32: 24 significant bits", "IEEE 754-2019 table 3.5"},
      {"tf32", "11 significant bits with the exponents of fp32, stored as fp32", "NVIDIA PTX ISA, alternate formats"},
      {"bf16", "8 significant bits with the exponents of fp32; subnormals kept", "NVIDIA PTX ISA, alternate formats"},
      {"fp16", "IEEE binary16: 11 significant bits, largest value 65504", "IEEE 754-2019 table 3.5"},
      {"e5m2", "8-bit float with infinities, largest value 57344",
       "OCP 8-bit Floating Point Specification (OFP8) 1.0, tables 1 and 2"},
      {"e4m3", "8-bit float without infinities (overflow gives NaN), largest value 448",
       "OCP 8-bit Floating Point Specification (OFP8) 1.0, tables 1 and 2"},
      {"e3m2", "6-bit float, largest value 28, saturating", "OCP Microscaling Formats (MX) 1.0, section 5.3"},
      {"e2m3", "6-bit float, largest value 7.5, saturating", "OCP Microscaling Formats (MX) 1.0, section 5.3"},
      {"e2m1", "4-bit float, largest value 6, saturating", "OCP Microscaling Formats (MX) 1.0, section 5.3"},
      {"eXmY", "IEEE-style format with X exponent and Y fraction bits (2 <= X <= 9, 1 <= Y <= 50)",
       "IEEE 754-2019 section 3.3, with bias 2^(X-1) - 1"},
      {"pPeminEemaxE",
       "IEEE-style format with P significant bits and exponents emin to emax, e.g. p8emin-126emax127; after "
       "any name: -infinity, -nan or -saturate (overflow), -flush (no subnormals)",
       "Muller et al., Handbook of Floating-Point Arithmetic (2018), section 2.1"}};
  return descriptions;
}

bool looks_like_format(std::string_view name) {
  const std::string_view base = split(name).base;
  for (const Format& format : kFormats) {
    if (format.name == base) return true;
  }
  return parse_exmy(base).has_value() || parse_custom(base).has_value();
}

Format format_of(std::string_view given, std::string_view place) {
  const std::string name = usual_format_name(given);
  const Parts parts = split(name);
  Format format = base_format(parts.base, place);
  if (parts.overflow) format = with_overflow(format, *parts.overflow);
  if (parts.flush) {
    if (format.precision == fp64_format().precision)
      refuse(place, fmt::format("format '{}'", name), fmt::format("{} with its subnormals", format.name));
    format = without_subnormals(format);
  }
  return format;
}

Format with_overflow(const Format& format, Overflow overflow) {
  if (format.overflow == overflow) return format;
  Format changed = format;
  changed.overflow = overflow;
  const Parts parts = split(format.name);
  changed.name = parts.base;
  if (base_format(parts.base, "").overflow != overflow)
    changed.name.append(kOverflowSuffixes.at(static_cast<std::size_t>(overflow)));
  if (parts.flush) changed.name.append(kFlushSuffix);
  return changed;
}

Format without_subnormals(const Format& format) {
  if (!format.subnormals) return format;
  Format changed = format;
  changed.subnormals = false;
  changed.name.append(kFlushSuffix);
  return changed;
}

const Format& fp64_format() { return kFormats[0]; }
const Format& fp32_format() { return kFormats[1]; }

}  // namespace tristab
