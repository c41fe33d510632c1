#include "tristab/format/format.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

const std::array<std::string, 6> kRoundingNames{"nearest-even", "nearest-away", "toward-zero",
                                                "up",           "down",         "to-odd"};

// Name, p, emin, emax, stored bits. arithmetic.md section 1; IEEE 754-2019 table 3.5; NVIDIA's PTX ISA for
// tf32 (whose elements are stored as fp32) and bf16.
const std::array<Format, 5> kFormats{{{"fp64", 53, -1022, 1023, 64},
                                      {"fp32", 24, -126, 127, 32},
                                      {"tf32", 11, -126, 127, 32},
                                      {"bf16", 8, -126, 127, 16},
                                      {"fp16", 11, -14, 15, 16}}};

// X and Y of "eXmY".
std::optional<std::pair<int, int>> parse_exmy(std::string_view name) {
  int exponent_bits = 0, fraction_bits = 0;
  const char* const end = name.data() + name.size();
  if (name.size() < 4 || name.front() != 'e') return std::nullopt;
  const auto [m, first_error] = std::from_chars(name.data() + 1, end, exponent_bits);
  if (first_error != std::errc{} || m == end || *m != 'm') return std::nullopt;
  const auto [last, second_error] = std::from_chars(m + 1, end, fraction_bits);
  if (second_error != std::errc{} || last != end) return std::nullopt;
  if (name != fmt::format("e{}m{}", exponent_bits, fraction_bits))
    return std::nullopt;  // one spelling a format
  return std::pair(exponent_bits, fraction_bits);
}

}  // namespace

double Format::unit_roundoff() const { return power_of_two(-precision); }
double Format::largest() const { return (2.0 - power_of_two(1 - precision)) * power_of_two(max_exponent); }
double Format::smallest_normal() const { return power_of_two(min_exponent); }
double Format::smallest_subnormal() const { return power_of_two(lsb_min()); }

std::span<const std::string> rounding_names() { return kRoundingNames; }

Rounding rounding_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoundingNames.size(); ++i) {
    if (kRoundingNames[i] == name) return static_cast<Rounding>(i);
  }
  throw std::logic_error(fmt::format("no rounding is called '{}'", name));
}

const std::string& name_of(Rounding rounding) {
  return kRoundingNames.at(static_cast<std::size_t>(rounding));
}

std::span<const FormatDescription> format_descriptions() {
  static const std::vector<FormatDescription> descriptions{
      {"fp64", "IEEE binary64: 53 significant bits", "IEEE 754-2019 table 3.5"},
      {"fp32", "IEEE binary32: 24 significant bits", "IEEE 754-2019 table 3.5"},
      {"tf32", "11 significant bits with the exponents of fp32, stored as fp32",
       "NVIDIA PTX ISA, alternate formats"},
      {"bf16", "8 significant bits with the exponents of fp32; subnormals kept",
       "NVIDIA PTX ISA, alternate formats"},
      {"fp16", "IEEE binary16: 11 significant bits, largest value 65504", "IEEE 754-2019 table 3.5"},
      {"eXmY", "IEEE-style format with X exponent and Y fraction bits (2 <= X <= 9, 1 <= Y <= 50)",
       "IEEE 754-2019 section 3.3, with bias 2^(X-1) - 1"}};
  return descriptions;
}

bool looks_like_format(std::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return true;
  }
  return parse_exmy(name).has_value();
}

Format format_of(std::string_view name, std::string_view place) {
  for (const Format& format : kFormats) {
    if (format.name == name) return format;
  }
  if (const auto exmy = parse_exmy(name)) {
    const auto [exponent_bits, fraction_bits] = *exmy;
    if (exponent_bits == 11 && fraction_bits == 52) {
      Format format = kFormats[0];
      format.name = name;
      return format;
    }
    // The limits are those of the double carrier with round-to-odd: p + 2 <= 53, and products of subnormals
    // stay above its own subnormal range.
    if (exponent_bits < 2 || exponent_bits > 9 || fraction_bits < 1 || fraction_bits > 50) {
      throw UsageError(
          fmt::format("{}: found format '{}'; allowed: eXmY with X from 2 to 9 exponent bits and Y from 1 "
                      "to 50 fraction bits, or e11m52",
                      place, name));
    }
    const int bias = (1 << (exponent_bits - 1)) - 1;
    return {std::string(name), fraction_bits + 1, 1 - bias, bias, 1 + exponent_bits + fraction_bits};
  }
  std::vector<std::string> names;
  for (const FormatDescription& description : format_descriptions()) names.push_back(description.name);
  throw_unknown_name(place, "format", name, names);
}

const Format& fp64_format() { return kFormats[0]; }
const Format& fp32_format() { return kFormats[1]; }

}  // namespace tristab
