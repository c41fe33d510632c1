// Backward errors: how much L must change so that Xh is its exact inverse.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"
#include "tristab/metric/number.h"
#include "tristab/metric/twofold.h"

namespace tristab {

// ||Xh^-1 - L||_F over the whole matrix and over its strictly lower triangle, or the reason why it is undefined.
struct InversePerturbation {
  double whole = 0, strict_lower = 0;
  Undefined undefined = Undefined::no;
};

// For Xh n x n, lower triangular and finite, and A strictly lower triangular, L = I + A. D = Xh^-1 - L solves Xh D = I
// - Xh L, so substitution with the left residual gives it without cancellation. Computed in plain double if that is
// accurate enough for the answer found, else in double-double, whose error is estimated in the same way: with c = ||
// |Xh^-1| |Xh| ||_inf (Bauer and Skeel; Higham 2002, section 8.1) substitution errs by about n eps c relative to ||L||
// + ||D||. `residual` is Xh L - I (residual_left); if it is twofold, double-double is used at once. `l_frobenius` is
// ||L||_F. Undefined if Xh has entries above the diagonal or a zero on it, is too ill-conditioned for double-double, or
// if D is too small for it.
InversePerturbation inverse_perturbation(const Matrix& computed, const std::vector<int>& extents, const Matrix& a,
                                         ExtendedMatrix residual, double l_frobenius);

struct ColumnwiseBackward {
  double normwise = 0, normwise_strict_lower = 0;            // infinite if a column of Xh is zero
  double componentwise = 0, componentwise_strict_lower = 0;  // infinite if (|L||Xh|)_ij = 0 != R_ij
};

// `residual` = L Xh - I, `scale` = |L| |Xh|, `l_frobenius` = ||L||_F; all n x n.
ColumnwiseBackward columnwise_backward(const Matrix& computed, const std::vector<int>& extents, const Matrix& residual,
                                       const Matrix& scale, double l_frobenius);

}  // namespace tristab
