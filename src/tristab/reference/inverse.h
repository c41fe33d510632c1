// The exact reference: X = (I + A)^-1 with a proved bound on its residual.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// The precisions of Xh in bits of significand: three doubles; the first of multiple precision.
inline constexpr int threefold_bits = 159, first_multiple_bits = 192;

// What every certificate proves: ||I - (I + A) Xh||_F <= 2^-80, absolute.
inline constexpr int allowed_residual_exponent = -80;

// X = (I + A)^-1, unit lower triangular, n x n.
struct Reference {
  int n = 0;
  // The double-double rounding of the certified inverse Xh: high = Xh rounded to double, low = Xh - high rounded to
  // double, so |low| <= ulp(high) / 2. Metrics use these. The certificate below is about Xh itself; high + low differs
  // from it by at most 2^-106 |Xh_ij| (more only if an entry is below the normal range of double).
  Matrix high, low;
  int bits = 0;         // precision of Xh, bits of significand: 159, 192, or what the certificate needed
  double residual = 0;  // proved: ||I - (I + A) Xh||_F <= residual <= 2^-80, absolute; 0 if Xh is exact
};

// Inverts I + A for A n x n, strictly lower triangular, finite (n >= 1): by three doubles where these prove `high` and
// `low` to be those of X itself (threefold_inverse.h), else in MPFR (mpfr_inverse.h). ||X - Xh||_F <= ||X|| * residual,
// because X - Xh = X (I - L Xh).
//
// Throws InputError if A is not square, strictly lower triangular and finite, or if an entry of X lies beyond the range
// of double.
//
// `remainders`, if given, receives further terms that make Xh = high + low + remainders[0] + remainders[1] + ... exact
// (below the normal range of double: nearly exact), for audits of the certificate.
Reference invert_reference(const Matrix& a, std::vector<Matrix>* remainders = nullptr);

}  // namespace tristab
