// The exact result of one operation rounded once to a format by MPFR: by its correctly rounded operations, with its
// exponent range narrowed to the format's (mpfr_check_range, mpfr_subnormalize; MPFR manual, "Exceptions"). To nearest
// with ties away: a result with one more bit, rounded toward zero, tells whether the exact result has reached the
// midpoint. To odd: the neighbour with the odd last bit.
#pragma once

#include <mpfr.h>

#include "tristab/format/format.h"
#include "tristab/selftest/operator.h"

namespace tristab::selftest {

class MpfrOracle {
 public:
  MpfrOracle();
  ~MpfrOracle();
  MpfrOracle(const MpfrOracle&) = delete;
  MpfrOracle& operator=(const MpfrOracle&) = delete;

  // x op y (fused: x y + z) in a format of at most 51 bits; not for Rounding::stochastic.
  double operator()(Operator op, double x, double y, double z, const Format& format, Rounding mode);

 private:
  int apply(Operator op, mpfr_rnd_t rounding);
  double directed(Operator op, int precision, const Format& format, mpfr_rnd_t rounding);

  mpfr_t x_, y_, z_, result_;
};

}  // namespace tristab::selftest
