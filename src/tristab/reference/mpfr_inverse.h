// X = (I + A)^-1 in multiple precision: the reference where three doubles prove too little, and the audit of those.
//
// Substitution by rows, X_ij = -(A_ij + sum_{j<k<i} A_ik X_kj), in MPFR; Higham, Accuracy and Stability of Numerical
// Algorithms, 2nd ed. 2002, section 14.2, method 1.
//
// The certificate is a running error bound (section 3.3 there). A_ik and the stored Xh_kj enter exactly, so
// (I - L Xh)_ij is exactly the sum of the rounding errors made while Xh_ij was formed. MPFR rounds correctly and
// reports inexact results, so each error is at most half a unit in the last place of a result that is at hand. The
// precision is raised until ||I - L Xh||_F <= 2^-80. For fixed magnitudes the bound scales as 2^-bits, so this ends
// after the second or third pass.
#pragma once

#include "tristab/reference/inverse.h"

namespace tristab {

// For an A that invert_reference takes. Throws InputError if an entry of X lies beyond the range of double.
Reference invert_in_mpfr(const Matrix& a, std::vector<Matrix>* remainders = nullptr);

}  // namespace tristab
