#include "tristab/selftest/odd_oracle.h"

#include <utility>

namespace tristab::selftest {
namespace {

constexpr std::uint64_t kFraction = (std::uint64_t{1} << 52) - 1;

bool is_special(double x) { return x == 0 || !std::isfinite(x); }

// |x| = significand * 2^exponent with 2^23 <= significand < 2^24; x is normal in binary64 and has at most 24 bits.
struct Parts {
  std::uint64_t significand;
  int exponent;
};
Parts parts_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return {((bits & kFraction) | (kFraction + 1)) >> 29, static_cast<int>((bits >> 52) & 0x7ff) - 1023 - 23};
}

double scaled(std::uint64_t significand, int exponent, bool negative) {
  const double size =
      static_cast<double>(significand) * std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
  return negative ? -size : size;
}

}  // namespace

// Dekker 1971: with |x| >= |y| the error of the sum is y - (sum - x), exactly.
double odd_sum(double x, double y) {
  const double sum = x + y;
  if (is_special(sum)) return sum;  // a sum of doubles is 0 only if it is exact
  if (std::fabs(x) < std::fabs(y)) std::swap(x, y);
  const double error = y - (sum - x);
  const auto bits = std::bit_cast<std::uint64_t>(sum);
  if (error == 0 || (bits & 1) != 0) return sum;
  // The last bit is even and the sum is inexact: the exact sum lies between it and the odd neighbour on the error's
  // side.
  return std::bit_cast<double>((error < 0) == (sum < 0) ? bits + 1 : bits - 1);
}

double odd_quotient(double x, double y) {
  if (is_special(x) || is_special(y)) return x / y;
  const Parts a = parts_of(x), b = parts_of(y);
  const std::uint64_t dividend = a.significand << 36;
  const std::uint64_t quotient = dividend / b.significand, rest = dividend - quotient * b.significand;
  return scaled(2 * quotient + (rest != 0 ? 1 : 0), a.exponent - b.exponent - 37, std::signbit(x) != std::signbit(y));
}

double odd_root(double x) {
  if (is_special(x) || x < 0) return std::sqrt(x);
  Parts a = parts_of(x);
  if (a.exponent % 2 != 0) {
    a.significand *= 2;
    a.exponent -= 1;
  }
  const std::uint64_t square = a.significand << 36;
  auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(square)));
  while (root * root > square) --root;
  while ((root + 1) * (root + 1) <= square) ++root;
  return scaled(2 * root + (root * root != square ? 1 : 0), a.exponent / 2 - 19, false);
}

double oracle_result(Operator op, double x, double y, double z, const OracleFormat& format, Rounding mode) {
  switch (op) {
    case Operator::add:
      return rounded(with_sign_of_zero(odd_sum(x, y), x, y, mode), format, mode);
    case Operator::subtract:
      return rounded(with_sign_of_zero(odd_sum(x, -y), x, -y, mode), format, mode);
    case Operator::multiply:
      return rounded(odd_product(x, y), format, mode);
    case Operator::divide:
      return rounded(odd_quotient(x, y), format, mode);
    case Operator::square_root:
      return rounded(odd_root(x), format, mode);
    case Operator::convert:
      return rounded(x, format, mode);
    case Operator::fused:
      break;
  }
  return rounded(with_sign_of_zero(odd_fused(x, y, z), x * y, z, mode), format, mode);
}

}  // namespace tristab::selftest
