// A sum of products of doubles in an MPFR number that is long enough to hold each of them exactly, rounded once to a
// format in any deterministic mode. It is the truth for dot products with one rounding, and for fp64 in the modes that
// 53 bits of MPFR cannot tell apart. Shares no code with the library except the names Format and Rounding.
//   toward zero and away from zero: MPFR's own, with mpfr_check_range and mpfr_subnormalize. The exact value lies
//   between the two; its distance from their midpoint (exact again) decides the nearest modes.
// Source: the MPFR manual, section "Exceptions"; products of doubles lie between 2^-2148 and 2^2048.
#pragma once

#include <mpfr.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "tristab/format/format.h"

namespace tristab {

class ExactDot {
 public:
  static constexpr mpfr_prec_t kBits = 4400;  // 2148 + 2048 and room for carries

  ExactDot() {
    mpfr_inits2(kBits, sum_, x_, y_, static_cast<mpfr_ptr>(nullptr));
    mpfr_init2(rounded_, 53);
    clear();
  }
  ~ExactDot() { mpfr_clears(sum_, x_, y_, rounded_, static_cast<mpfr_ptr>(nullptr)); }
  ExactDot(const ExactDot&) = delete;
  ExactDot& operator=(const ExactDot&) = delete;

  void clear() {
    mpfr_set_zero(sum_, -1);
    terms_ = 0;
    positive_zeros_ = negative_zeros_ = 0;
  }
  void add(double x) { add_product(x, 1); }
  void add_product(double x, double y) {
    ++terms_;
    if (x == 0 || y == 0) ++(std::signbit(x) != std::signbit(y) ? negative_zeros_ : positive_zeros_);
    mpfr_set_d(x_, x, MPFR_RNDN);
    mpfr_set_d(y_, y, MPFR_RNDN);
    if (mpfr_fma(sum_, x_, y_, sum_, MPFR_RNDN) != 0) throw std::logic_error("kBits is too small");
  }

  // Exact zeros: IEEE 754-2019 section 6.3, extended to many terms. Zeros of one sign keep it; otherwise -0 when
  // rounding down and +0 in the other modes.
  double rounded(const Format& format, Rounding mode) {
    if (mpfr_zero_p(sum_) != 0) {
      if (negative_zeros_ == terms_) return -0.0;
      if (positive_zeros_ == terms_) return 0.0;
      return mode == Rounding::down ? -0.0 : 0.0;
    }
    const double infinity = std::numeric_limits<double>::infinity();
    const double beyond = format.overflow == Overflow::infinity ? infinity
                          : format.overflow == Overflow::nan    ? std::numeric_limits<double>::quiet_NaN()
                                                                : format.largest();
    const bool negative = mpfr_sgn(sum_) < 0;
    if (mpfr_nan_p(sum_) != 0) return std::numeric_limits<double>::quiet_NaN();
    if (mpfr_inf_p(sum_) != 0) return negative ? -beyond : beyond;
    const double result = in_unbounded_range(format, mode);
    const double size = std::fabs(result);
    if (!format.subnormals && size < std::ldexp(1.0, format.min_exponent)) return negative ? -0.0 : 0.0;
    if (size <= format.largest()) return result;
    const bool outward = mode == Rounding::nearest_even || mode == Rounding::nearest_away ||
                         (mode == Rounding::up && !negative) || (mode == Rounding::down && negative);
    return std::copysign(outward ? beyond : format.largest(), negative ? -1.0 : 1.0);
  }

 private:
  // rounded_ := the sum rounded to the format's spacing, without its limits.
  void direct(const Format& format, mpfr_rnd_t rounding) {
    mpfr_set_prec(rounded_, format.precision);
    const int ternary = mpfr_set(rounded_, sum_, rounding);
    if (!format.subnormals) return;
    const mpfr_exp_t widest = mpfr_get_emin();
    mpfr_set_emin(format.min_exponent - format.precision + 2);  // MPFR's significands lie in [1/2, 1)
    mpfr_subnormalize(rounded_, mpfr_check_range(rounded_, ternary, rounding), rounding);
    mpfr_set_emin(widest);
  }

  double in_unbounded_range(const Format& format, Rounding mode) {
    const bool negative = mpfr_sgn(sum_) < 0;
    direct(format, MPFR_RNDA);
    const double outer = value();
    mpfr_set(x_, rounded_, MPFR_RNDN);
    direct(format, MPFR_RNDZ);
    const double inner = value();
    mpfr_set(y_, rounded_, MPFR_RNDN);
    if (mpfr_equal_p(x_, y_) != 0) return inner;
    // Which of the two neighbours is an even multiple of the distance between them.
    const bool inner_even = is_even_multiple(y_, x_);
    mpfr_add(x_, x_, y_, MPFR_RNDN);
    mpfr_div_2ui(x_, x_, 1, MPFR_RNDN);
    const int side = mpfr_cmpabs(sum_, x_);
    switch (mode) {
      case Rounding::nearest_even:
        return side > 0 || (side == 0 && !inner_even) ? outer : inner;
      case Rounding::nearest_away:
        return side >= 0 ? outer : inner;
      case Rounding::toward_zero:
        return inner;
      case Rounding::up:
        return negative ? inner : outer;
      case Rounding::down:
        return negative ? outer : inner;
      case Rounding::to_odd:
        return inner_even ? outer : inner;
      case Rounding::stochastic:
        break;
    }
    throw std::logic_error("stochastic rounding has no single truth");
  }

  // rounded_ as a double: beyond the range of double an infinity, just below its end the largest double.
  double value() { return mpfr_get_d(rounded_, MPFR_RNDN); }

  // Whether inner / (outer - inner) is even. The distance is the last place of the inner neighbour, also if the outer
  // one is a power of two.
  static bool is_even_multiple(mpfr_srcptr inner, mpfr_srcptr outer) {
    mpfr_t unit, quotient;
    mpfr_inits2(kBits, unit, quotient, static_cast<mpfr_ptr>(nullptr));
    mpfr_sub(unit, outer, inner, MPFR_RNDN);
    mpfr_div(quotient, inner, unit, MPFR_RNDN);  // exact: a power of two divides
    mpfr_div_2ui(quotient, quotient, 1, MPFR_RNDN);
    const bool even = mpfr_integer_p(quotient) != 0;
    mpfr_clears(unit, quotient, static_cast<mpfr_ptr>(nullptr));
    return even;
  }

  mpfr_t sum_, x_, y_, rounded_;
  int terms_ = 0, positive_zeros_ = 0, negative_zeros_ = 0;
};

}  // namespace tristab
