#include "tristab/selftest/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tristab::selftest {

std::uint64_t Samples::bits() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

int Samples::integer(int low, int high) {
  return low + static_cast<int>(bits() % static_cast<std::uint64_t>(high - low + 1));
}

double Samples::value(const Format& format, int low, int high) {
  const int exponent = integer(low, std::max(low, high));
  const int smallest = format.min_exponent - format.precision + 1;
  const double sign = bits() % 2 == 0 ? 1 : -1;
  const int place = std::max(exponent - format.precision + 1, smallest);
  if (exponent < place || (!format.subnormals && exponent < format.min_exponent)) return sign * 0.0;
  const int free = exponent - place;
  const std::uint64_t leading = std::uint64_t{1} << free;
  std::uint64_t fraction = bits() & (leading - 1);
  if (chance(3)) fraction &= leading - (std::uint64_t{1} << integer(0, free));
  if (chance(8)) fraction = leading - 1;
  const double size = std::ldexp(static_cast<double>(leading | fraction), place);
  const double largest = std::ldexp(std::ldexp(1.0, format.precision) - 1 - format.reserved_codes,
                                    format.max_exponent - format.precision + 1);
  return sign * std::min(size, largest);
}

double Samples::any(const Format& format) {
  if (chance(16))
    return (bits() % 2 == 0 ? 1 : -1) * (chance(2) ? 0.0 : value(format, format.max_exponent, format.max_exponent));
  return value(format, format.min_exponent - format.precision + 1, format.max_exponent);
}

double Samples::moderate(const Format& format) {
  return value(format, std::max(-3, format.min_exponent), std::min(1, format.max_exponent));
}

double Samples::small(const Format& format) {
  return value(format, format.min_exponent - format.precision + 1,
               std::min(format.min_exponent + 2, format.max_exponent));
}

double Samples::special(const Format& format) {
  if (!chance(12)) return any(format);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double values[] = {infinity, -infinity, std::numeric_limits<double>::quiet_NaN(), 0.0, -0.0};
  return values[integer(0, 4)];
}

}  // namespace tristab::selftest
