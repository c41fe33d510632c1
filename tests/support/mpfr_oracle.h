// The truth for one operation: the exact result rounded once to a format (p, emin, emax), by MPFR. Shares no code with
// the library except the names Format and Rounding.
//   nearest-even, toward-zero, up, down: MPFR's own, with mpfr_check_range and mpfr_subnormalize; the largest number,
//   the overflow rule and the flushing of tiny results are applied to MPFR's result nearest-away: a result with one
//   more bit, rounded toward zero, tells whether the exact result reaches the midpoint to-odd: toward zero if this is
//   exact or odd, otherwise away from zero
// Source: the MPFR manual, sections "Exceptions" (emulation of subnormals) and 5.1 (signs of exact zeros).
#pragma once

#include <mpfr.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tristab/format/format.h"

namespace tristab {

class MpfrOracle {
 public:
  MpfrOracle() { mpfr_inits2(53, x_, y_, z_, result_, static_cast<mpfr_ptr>(nullptr)); }
  ~MpfrOracle() { mpfr_clears(x_, y_, z_, result_, static_cast<mpfr_ptr>(nullptr)); }
  MpfrOracle(const MpfrOracle&) = delete;
  MpfrOracle& operator=(const MpfrOracle&) = delete;

  double convert(double x, const Format& format, Rounding mode) {
    load(x_, x);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_set(result_, x_, rounding); });
  }
  double add(double x, double y, const Format& format, Rounding mode) {
    load(x_, x);
    load(y_, y);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_add(result_, x_, y_, rounding); });
  }
  double subtract(double x, double y, const Format& format, Rounding mode) {
    load(x_, x);
    load(y_, y);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_sub(result_, x_, y_, rounding); });
  }
  double multiply(double x, double y, const Format& format, Rounding mode) {
    load(x_, x);
    load(y_, y);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_mul(result_, x_, y_, rounding); });
  }
  // x y + z, rounded once.
  double fma(double x, double y, double z, const Format& format, Rounding mode) {
    load(x_, x);
    load(y_, y);
    load(z_, z);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_fma(result_, x_, y_, z_, rounding); });
  }

  double divide(double x, double y, const Format& format, Rounding mode) {
    load(x_, x);
    load(y_, y);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_div(result_, x_, y_, rounding); });
  }
  double square_root(double x, const Format& format, Rounding mode) {
    load(x_, x);
    return rounded(format, mode, [this](mpfr_rnd_t rounding) { return mpfr_sqrt(result_, x_, rounding); });
  }

 private:
  static void load(mpfr_ptr to, double x) { mpfr_set_d(to, x, MPFR_RNDN); }  // 53 bits: exact

  // `operation(rounding)` writes result_ with its current precision, in MPFR's own huge exponent range. The result is a
  // multiple of 2^lsb_min if `subnormals`, else a floating-point number of any size.
  template <class Operation>
  double directed(int precision, int min_exponent, bool subnormals, mpfr_rnd_t rounding, const Operation& operation) {
    mpfr_set_prec(result_, precision);
    const int ternary = operation(rounding);
    if (subnormals) {
      const mpfr_exp_t widest_min = mpfr_get_emin();
      mpfr_set_emin(min_exponent - precision + 2);  // MPFR's significands lie in [1/2, 1)
      const int checked = mpfr_check_range(result_, ternary, rounding);
      mpfr_subnormalize(result_, checked, rounding);
      mpfr_set_emin(widest_min);
    }
    return mpfr_get_d(result_, MPFR_RNDN);
  }

  // Applies the format's rules beyond its largest number and below its smallest normal one.
  static double in_range(double x, const Format& format, Rounding mode) {
    const double size = std::fabs(x), infinity = std::numeric_limits<double>::infinity();
    const double largest = format.largest();
    const double beyond = format.overflow == Overflow::infinity ? infinity
                          : format.overflow == Overflow::nan    ? std::numeric_limits<double>::quiet_NaN()
                                                                : largest;
    if (std::isnan(x)) return x;
    if (!format.subnormals && size < std::ldexp(1.0, format.min_exponent)) return std::copysign(0.0, x);
    if (size <= largest) return x;
    const bool outward = mode == Rounding::nearest_even || mode == Rounding::nearest_away ||
                         (mode == Rounding::up && x > 0) || (mode == Rounding::down && x < 0);
    return std::copysign(outward ? beyond : largest, x);
  }

  template <class Operation>
  double rounded(const Format& format, Rounding mode, const Operation& operation) {
    mpfr_set_prec(result_, 53);
    operation(MPFR_RNDN);
    if (mpfr_inf_p(result_) != 0)  // an exact infinity: no overflow in any mode
      return in_range(mpfr_get_d(result_, MPFR_RNDN), format, mpfr_sgn(result_) > 0 ? Rounding::up : Rounding::down);
    return in_range(in_unbounded_range(format, mode, operation), format, mode);
  }

  template <class Operation>
  double in_unbounded_range(const Format& format, Rounding mode, const Operation& operation) {
    const int p = format.precision, emin = format.min_exponent;
    const bool subnormals = format.subnormals;
    switch (mode) {
      case Rounding::nearest_even:
        return directed(p, emin, subnormals, MPFR_RNDN, operation);
      case Rounding::toward_zero:
        return directed(p, emin, subnormals, MPFR_RNDZ, operation);
      case Rounding::up:
        return directed(p, emin, subnormals, MPFR_RNDU, operation);
      case Rounding::down:
        return directed(p, emin, subnormals, MPFR_RNDD, operation);
      case Rounding::nearest_away:
      case Rounding::to_odd:
        break;
      case Rounding::stochastic:
        throw std::logic_error("stochastic rounding has no single truth");
    }
    const double toward_zero = directed(p, emin, subnormals, MPFR_RNDZ, operation);
    if (!std::isfinite(toward_zero)) return toward_zero;
    const double away = directed(p, emin, subnormals, MPFR_RNDA, operation);
    if (mode == Rounding::nearest_away) {
      return directed(p + 1, emin, subnormals, MPFR_RNDZ, operation) == toward_zero ? toward_zero : away;
    }
    if (toward_zero == away) return toward_zero;
    const double multiple = in_units_of_last_place(toward_zero, format);
    return std::fmod(multiple, 2) != 0 ? toward_zero : away;
  }

  // |x| as a whole number of units in its last place.
  static double in_units_of_last_place(double x, const Format& format) {
    int exponent = 0;
    std::frexp(x, &exponent);
    const bool fixed = format.subnormals && (x == 0 || exponent - 1 < format.min_exponent);
    const int e = fixed ? format.min_exponent : exponent - 1;
    return std::ldexp(std::fabs(x), format.precision - 1 - e);
  }

  mpfr_t x_, y_, z_, result_;
};

}  // namespace tristab
