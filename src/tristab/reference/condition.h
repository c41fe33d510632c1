// How sensitive (I + A)^-1 is and why methods fail on it: condition numbers, norms, powers of A, decay of X.
#pragma once

#include <optional>
#include <vector>

#include "tristab/matrix/matrix.h"
#include "tristab/reference/inverse.h"

namespace tristab {

// L = I + A, X = L^-1. Every number is computed in double precision; a number beyond the range of double is infinite.
struct ConditionReport {
  double cond_1 = 0;           // ||L||_1 ||X||_1
  double cond_inf = 0;         // ||L||_inf ||X||_inf
  double cond_2 = 0;           // ||L||_2 ||X||_2
  double cond_frobenius = 0;   // ||L||_F ||X||_F
  double cond_skeel = 0;       // || |X| |L| ||_inf: Bauer and Skeel; Higham 2002, section 7.2
  double norm_inf = 0;         // ||A||_inf
  double norm_2 = 0;           // ||A||_2
  double max_abs = 0;          // max |A_ij|
  double inverse_max_abs = 0;  // max |X_ij|
  // max |A^(2^k)_ij| for k = 0, 1, .. while 2^k < n: the intermediates of methods that double or square. Computed in
  // double by repeated squaring, so they have its rounding errors.
  std::vector<double> power_max;
  // max |X_ij| over i - j = 1, 2, 4, .. while < n: how far the inverse reaches from its diagonal.
  std::vector<double> inverse_decay;
};

// `a` is n x n, strictly lower triangular; `reference` its inverse of the same size. `inverse_norm_2` is the spectral
// norm of reference.high, where the caller has it.
ConditionReport report_condition(const Matrix& a, const Reference& reference,
                                 std::optional<double> inverse_norm_2 = std::nullopt);

}  // namespace tristab
