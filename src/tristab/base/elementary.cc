#include "tristab/base/elementary.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "tristab/base/double_double.h"

namespace tristab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// ln 2 = ln2_high + ln2_low. The high part has 32 significant bits, so its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42ffp-1;
constexpr double ln2_low = -0x1.718432a1b0e26p-35;
constexpr double log2_of_e = 0x1.71547652b82fep+0;

// 2^k y, rounded once, also if the result is subnormal; k may lie beyond the exponent range.
double scaled_by_power_of_two(double y, int k) {
  if (k >= -1000 && k <= 1000) return y * std::bit_cast<double>(static_cast<std::uint64_t>(1023 + k) << 52);
  return std::ldexp(y, k);
}

// x = exponent ln 2 + high + low with |high| <= ln 2 / 2.
struct ReducedExponent {
  int exponent;
  double high, low;
};

ReducedExponent reduce_exponent(double x) {
  const double k = std::rint(x * log2_of_e);
  const double above = x - k * ln2_high;  // exact
  const double below = k * ln2_low;
  const double high = above - below;
  return {static_cast<int>(k), high, (above - high) - below};
}

// Sum of coefficients[i] x^i. Even and odd powers are summed apart: two chains of half the length, twice as fast.
template <std::size_t Count>
double polynomial(const std::array<double, Count>& coefficients, double x) {
  static_assert(Count % 2 == 0);
  const double square = x * x;
  double even = coefficients[Count - 2], odd = coefficients[Count - 1];
  for (std::size_t i = Count - 2; i >= 2; i -= 2) {
    even = even * square + coefficients[i - 2];
    odd = odd * square + coefficients[i - 1];
  }
  return even + x * odd;
}

// e^r - 1 - high for r = high + low, |r| <= ln 2 / 2: the Taylor series to r^15 / 15! (remainder below 2^-65).
double exponential_tail(double high, double low) {
  constexpr std::array<double, 14> inverse_factorial = {
      1.0 / 2,         1.0 / 6,          1.0 / 24,          1.0 / 120,           1.0 / 720,
      1.0 / 5040,      1.0 / 40320,      1.0 / 362880,      1.0 / 3628800,       1.0 / 39916800,
      1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200, 1.0 / 1307674368000,
  };
  return high * high * polynomial(inverse_factorial, high) + (low + high * low);
}

// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1] as f + tail: with s = f / (2 + f), log(1 + f) = 2 atanh s = f -
// (f^2/2 - s (f^2/2 + R)), R = 2 (s^2/3 + s^4/5 + ...) to s^24/25 (remainder below 2^-65).
double logarithm_tail(double f) {
  constexpr std::array<double, 12> twice_inverse_odd = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                                        2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23, 2.0 / 25};
  const double s = f / (2.0 + f);
  const double s2 = s * s;
  const double half_square = 0.5 * f * f;
  return s * (half_square + s2 * polynomial(twice_inverse_odd, s2)) - half_square;
}

// x = 2^exponent (1 + fraction), 1 + fraction in [sqrt(1/2), sqrt(2)), x positive and finite.
struct ReducedLogarithm {
  int exponent;
  double fraction;
};

ReducedLogarithm reduce_logarithm(double x) {
  constexpr double sqrt_half = 0x1.6a09e667f3bcdp-1;
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < sqrt_half) {
    mantissa *= 2.0;
    --exponent;
  }
  return {exponent, mantissa - 1.0};
}

// log(1 + fraction) as a pair whose error is a small part of an ulp of its high part.
DoubleDouble logarithm_pair(double fraction) { return two_sum(fraction, logarithm_tail(fraction)); }

// log_b x as exponent * log_b 2 + log(1 + f) * log_b e, each constant and product carried as a pair.
double logarithm_in_base(double x, DoubleDouble base_of_two, DoubleDouble base_of_e) {
  if (std::isnan(x) || x < 0) return not_a_number;
  if (x == 0) return -infinity;
  if (x == infinity) return infinity;
  const ReducedLogarithm reduced = reduce_logarithm(x);
  const DoubleDouble mantissa = logarithm_pair(reduced.fraction);
  const DoubleDouble scaled = two_product(mantissa.high, base_of_e.high);
  const double k = reduced.exponent;
  const DoubleDouble sum = two_sum(k * base_of_two.high, scaled.high);
  return sum.high + (sum.low + (scaled.low + (mantissa.high * base_of_e.low + mantissa.low * base_of_e.high) +
                                k * base_of_two.low));
}

}  // namespace

double exponential(double x) {
  if (std::isnan(x)) return x;
  if (x > 709.79) return infinity;
  if (x < -745.14) return 0.0;
  const ReducedExponent r = reduce_exponent(x);
  return scaled_by_power_of_two(1.0 + (r.high + exponential_tail(r.high, r.low)), r.exponent);
}

double expm1_of(double x) {
  if (std::isnan(x) || std::fabs(x) < 0x1p-54) return x;
  if (x > 60.0) return exponential(x);
  if (x < -60.0) return -1.0;
  const ReducedExponent r = reduce_exponent(x);
  const double tail = exponential_tail(r.high, r.low);
  if (r.exponent == 0) return r.high + tail;
  const double power = scaled_by_power_of_two(1.0, r.exponent);
  const DoubleDouble constant = two_sum(power, -1.0);
  const DoubleDouble sum = two_sum(constant.high, power * r.high);
  return sum.high + (sum.low + (constant.low + power * tail));
}

double natural_log(double x) {
  if (std::isnan(x) || x < 0) return not_a_number;
  if (x == 0) return -infinity;
  if (x == infinity) return infinity;
  const ReducedLogarithm reduced = reduce_logarithm(x);
  const double k = reduced.exponent;
  const DoubleDouble sum = two_sum(k * ln2_high, reduced.fraction);
  return sum.high + (sum.low + (logarithm_tail(reduced.fraction) + k * ln2_low));
}

double power_of_ten(double x) {
  if (std::isnan(x) || std::isinf(x)) return exponential(x);
  const double clamped = std::fmax(-400, std::fmin(x, 400)), whole = std::nearbyint(clamped);
  // 10^whole by the reader of decimals, which rounds once. Both parts of a large |whole| are in range.
  const auto power = [](double exponent) {
    return std::strtod(fmt::format("1e{}", static_cast<int>(exponent)).c_str(), nullptr);
  };
  constexpr double log_of_ten = 2.302585092994045684;
  const double rest = exponential((clamped - whole) * log_of_ten);
  if (rest == 1) return power(whole);
  const double half = std::trunc(whole / 2);
  return power(whole - half) * rest * power(half);
}

double log1p_of(double x) {
  if (std::isnan(x) || x < -1.0) return not_a_number;
  if (x == -1.0) return -infinity;
  if (x == infinity || std::fabs(x) < 0x1p-54) return x;
  if (x > -0.29 && x < 0.41) return x + logarithm_tail(x);
  // log(1 + x) = log u + log(1 + c/u) with u + c = 1 + x exactly; c/u is far below an ulp of log u's neighbours.
  const DoubleDouble u = two_sum(1.0, x);
  const ReducedLogarithm reduced = reduce_logarithm(u.high);
  const double k = reduced.exponent;
  const DoubleDouble sum = two_sum(k * ln2_high, reduced.fraction);
  return sum.high + (sum.low + (logarithm_tail(reduced.fraction) + (k * ln2_low + u.low / u.high)));
}

double log2_of(double x) { return logarithm_in_base(x, {1.0, 0.0}, {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56}); }

double log10_of(double x) {
  // log_10 2: 32 bits in the high part, so that its product with the exponent is exact.
  return logarithm_in_base(x, {0x1.3441350ap-2, -0x1.0c0219dc1da99p-39}, {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57});
}

double sigmoid(double x) {
  if (x >= 0) return 1.0 / (1.0 + exponential(-x));
  const double e = exponential(x);
  return e / (1.0 + e);
}

double softplus(double x) {
  if (x > 0) return x + log1p_of(exponential(-x));
  return log1p_of(exponential(x));
}

double silu(double x) {
  if (x == -infinity) return 0.0;
  return x * sigmoid(x);
}

// M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37
// (1988) 477-484, routine PPND16: three rational approximations of degree 7, relative accuracy about 1e-16.
double normal_quantile(double p) {
  if (std::isnan(p) || p < 0 || p > 1) return not_a_number;
  if (p == 0) return -infinity;
  if (p == 1) return infinity;
  using Coefficients = std::array<double, 8>;
  const auto ratio = [](const Coefficients& above, const Coefficients& below, double r) {
    double numerator = above[7], denominator = below[7];
    for (std::size_t i = 7; i-- > 0;) {
      numerator = numerator * r + above[i];
      denominator = denominator * r + below[i];
    }
    return numerator / denominator;
  };
  constexpr Coefficients a = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                              1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                              3.3430575583588128105e4, 2.5090809287301226727e3};
  constexpr Coefficients b = {1.0,
                              4.2313330701600911252e1,
                              6.8718700749205790830e2,
                              5.3941960214247511077e3,
                              2.1213794301586595867e4,
                              3.9307895800092710610e4,
                              2.8729085735721942674e4,
                              5.2264952788528545610e3};
  constexpr Coefficients c = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                              3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                              2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr Coefficients d = {1.0,
                              2.05319162663775882187e0,
                              1.67638483018380384940e0,
                              6.89767334985100004550e-1,
                              1.48103976427480074590e-1,
                              1.51986665636164571966e-2,
                              5.47593808499534494600e-4,
                              1.05075007164441684324e-9};
  constexpr Coefficients e = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                              2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr Coefficients f = {1.0,
                              5.99832206555887937690e-1,
                              1.36929880922735805310e-1,
                              1.48753612908506148525e-2,
                              7.86869131145613259100e-4,
                              1.84631831751005468180e-5,
                              1.42151175831644588870e-7,
                              2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return q * ratio(a, b, 0.180625 - q * q);
  const double r = std::sqrt(-natural_log(q < 0 ? p : 1.0 - p));
  const double x = r <= 5.0 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5.0);
  return q < 0 ? -x : x;
}

}  // namespace tristab
