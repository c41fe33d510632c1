#include "tristab/selftest/mpfr_oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace tristab::selftest {
namespace {

// Whether |x|, a value of the format, is an odd multiple of its last place.
bool is_odd_multiple(double x, const Format& format) {
  int exponent = 0;
  std::frexp(x, &exponent);
  int place = exponent - format.precision;
  if (format.subnormals) place = std::max(place, format.min_exponent - format.precision + 1);
  return std::fmod(std::ldexp(std::fabs(x), -place), 2) != 0;
}

}  // namespace

MpfrOracle::MpfrOracle() { mpfr_inits2(53, x_, y_, z_, result_, static_cast<mpfr_ptr>(nullptr)); }
MpfrOracle::~MpfrOracle() { mpfr_clears(x_, y_, z_, result_, static_cast<mpfr_ptr>(nullptr)); }

int MpfrOracle::apply(Operator op, mpfr_rnd_t rounding) {
  switch (op) {
    case Operator::convert:
      return mpfr_set(result_, x_, rounding);
    case Operator::add:
      return mpfr_add(result_, x_, y_, rounding);
    case Operator::subtract:
      return mpfr_sub(result_, x_, y_, rounding);
    case Operator::multiply:
      return mpfr_mul(result_, x_, y_, rounding);
    case Operator::divide:
      return mpfr_div(result_, x_, y_, rounding);
    case Operator::square_root:
      return mpfr_sqrt(result_, x_, rounding);
    case Operator::fused:
      break;
  }
  return mpfr_fma(result_, x_, y_, z_, rounding);
}

// Rounds without an upper limit of the exponents, and without a lower one if the format has no subnormals.
double MpfrOracle::directed(Operator op, int precision, const Format& format, mpfr_rnd_t rounding) {
  mpfr_set_prec(result_, precision);
  const int ternary = apply(op, rounding);
  if (format.subnormals) {
    const mpfr_exp_t unbounded = mpfr_get_emin();
    mpfr_set_emin(format.min_exponent - precision + 2);  // MPFR's significands lie in [1/2, 1)
    mpfr_subnormalize(result_, mpfr_check_range(result_, ternary, rounding), rounding);
    mpfr_set_emin(unbounded);
  }
  return mpfr_get_d(result_, MPFR_RNDN);
}

double MpfrOracle::operator()(Operator op, double x, double y, double z, const Format& format, Rounding mode) {
  mpfr_set_d(x_, x, MPFR_RNDN);
  mpfr_set_d(y_, y, MPFR_RNDN);
  mpfr_set_d(z_, z, MPFR_RNDN);
  const int p = format.precision;
  double result = 0;
  switch (mode) {
    case Rounding::nearest_even:
      result = directed(op, p, format, MPFR_RNDN);
      break;
    case Rounding::toward_zero:
      result = directed(op, p, format, MPFR_RNDZ);
      break;
    case Rounding::up:
      result = directed(op, p, format, MPFR_RNDU);
      break;
    case Rounding::down:
      result = directed(op, p, format, MPFR_RNDD);
      break;
    case Rounding::nearest_away:
      result = directed(op, p, format, MPFR_RNDZ);
      if (directed(op, p + 1, format, MPFR_RNDZ) != result) result = directed(op, p, format, MPFR_RNDA);
      break;
    case Rounding::to_odd:
      result = directed(op, p, format, MPFR_RNDZ);
      if (std::isfinite(result) && !is_odd_multiple(result, format)) {
        const double away = directed(op, p, format, MPFR_RNDA);
        if (away != result) result = away;
      }
      break;
    case Rounding::stochastic:
      throw std::logic_error("stochastic rounding has no single truth");
  }
  if (std::isnan(result)) return result;
  // The ends of the range, which were not set in MPFR.
  const double largest = std::ldexp(std::ldexp(1.0, p) - 1 - format.reserved_codes, format.max_exponent - p + 1);
  const double size = std::fabs(result);
  if (!format.subnormals && size < std::ldexp(1.0, format.min_exponent)) return std::copysign(0.0, result);
  if (size <= largest) return result;
  const double beyond = format.overflow == Overflow::infinity ? std::numeric_limits<double>::infinity()
                        : format.overflow == Overflow::nan    ? std::numeric_limits<double>::quiet_NaN()
                                                              : largest;
  const bool outward = mode == Rounding::nearest_even || mode == Rounding::nearest_away ||
                       (mode == Rounding::up && result > 0) || (mode == Rounding::down && result < 0);
  return std::copysign(outward || std::isinf(result) ? beyond : largest, result);
}

}  // namespace tristab::selftest
