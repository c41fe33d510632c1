// The exact reference: X = (I + A)^-1 in multiple precision, with a proved bound on its residual.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// X = (I + A)^-1, unit lower triangular, n x n.
struct Reference {
  int n = 0;
  // The double-double rounding of the certified inverse Xh: high = Xh rounded to double, low = Xh - high rounded to
  // double, so |low| <= ulp(high) / 2. Metrics use these. The certificate below is about Xh itself; high + low differs
  // from it by at most 2^-106 |Xh_ij| (more only if an entry is below the normal range of double).
  Matrix high, low;
  int bits = 0;         // precision of Xh, bits of significand: 192, or what the certificate needed
  double residual = 0;  // proved: ||I - (I + A) Xh||_F <= residual <= 2^-80, absolute; 0 if Xh is exact
};

// Inverts I + A for A n x n, strictly lower triangular, finite (n >= 1).
//
// Substitution by rows, X_ij = -(A_ij + sum_{j<k<i} A_ik X_kj), in MPFR; Higham, Accuracy and Stability of Numerical
// Algorithms, 2nd ed. 2002, section 14.2, method 1.
//
// The certificate is a running error bound (section 3.3 there). A_ik and the stored Xh_kj enter exactly, so
// (I - L Xh)_ij is exactly the sum of the rounding errors made while Xh_ij was formed. MPFR rounds correctly and
// reports inexact results, so each error is at most half a unit in the last place of a result that is at hand. The
// precision is raised until ||I - L Xh||_F <= 2^-80. For fixed magnitudes the bound scales as 2^-bits, so this ends
// after the second or third pass. ||X - Xh||_F <= ||X|| * residual follows, because X - Xh = X (I - L Xh).
//
// Throws InputError if A is not square, strictly lower triangular and finite, or if an entry of X lies beyond the range
// of double.
//
// `remainders`, if given, receives further terms that make Xh = high + low + remainders[0] + remainders[1] + ... exact
// (below the normal range of double: nearly exact), for audits of the certificate.
Reference invert_reference(const Matrix& a, std::vector<Matrix>* remainders = nullptr);

}  // namespace tristab
