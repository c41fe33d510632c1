// Elementary functions with a fixed sequence of IEEE operations: the same bits on every machine. (libm's exp
// and log differ between processors with and without FMA, and whatever they touch would differ in the result
// file.)
//
// exponential, natural_log, log1p_of and expm1_of err by less than 1 ulp, log2_of, log10_of and softplus by
// less than 2, sigmoid and silu by less than 4, normal_quantile by less than 16 (the tests hold them against
// MPFR). All round to nearest and take and return NaN and infinities as IEEE 754-2019 section 9.2 says.
#pragma once

namespace tristab {

double exponential(double x);      // e^x
double natural_log(double x);      // log x; NaN below 0, -inf at 0
double log10_of(double x);         // log_10 x; exact at powers of ten that a double holds
double log2_of(double x);          // log_2 x; exact at powers of two
double log1p_of(double x);         // log(1 + x), accurate near 0
double expm1_of(double x);         // e^x - 1, accurate near 0
double sigmoid(double x);          // 1 / (1 + e^-x)
double softplus(double x);         // log(1 + e^x)
double silu(double x);             // x sigmoid(x)
double normal_quantile(double p);  // inverse of the standard normal distribution function; -inf at 0, +inf at 1

}  // namespace tristab
