// Elementary functions with a fixed sequence of IEEE operations: they give the same bits on every machine. (exp and log
// of libm differ between processors with and without FMA, and the difference would reach the result file.)
//
// Errors: exponential, natural_log, log1p_of and expm1_of less than 1 ulp; log2_of, log10_of and softplus less than 2;
// power_of_ten, sigmoid and silu less than 4; normal_quantile less than 16 (the tests compare with MPFR). All round
// to nearest and treat NaN and infinities as IEEE 754-2019 section 9.2 says.
#pragma once

namespace tristab {

double exponential(double x);      // e^x
double natural_log(double x);      // log x; NaN below 0, -inf at 0
double log10_of(double x);         // log_10 x; exact at powers of ten that a double holds
double log2_of(double x);          // log_2 x; exact at powers of two
double power_of_ten(double x);     // 10^x; correctly rounded where x is a whole number
double log1p_of(double x);         // log(1 + x), accurate near 0
double expm1_of(double x);         // e^x - 1, accurate near 0
double sigmoid(double x);          // 1 / (1 + e^-x)
double softplus(double x);         // log(1 + e^x)
double silu(double x);             // x sigmoid(x)
double normal_quantile(double p);  // inverse of the standard normal distribution function; -inf at 0, +inf at 1

}  // namespace tristab
