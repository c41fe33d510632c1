// X = (I + A)^-1 by substitution in sums of three doubles, with a proof that its leading parts are those of X.
//
// X_ij = -(A_ij + sum_{j<k<i} A_ik X_kj), X_kj = high + low + rest. Products with high and low are split and summed
// without error (two_product, two_sum: Ogita, Rump and Oishi, Accurate Sum and Dot Product, 2005) into a leading sum, a
// sum of its errors, and third-order terms. Only the third-order terms are rounded, so the residual entry
// (I - L Xh)_ij is exactly the sum of the rounding errors of these, and the sum of the magnitudes of what was rounded
// bounds it: |I - L Xh| <= rho (a running error bound; Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.
// 2002, section 3.3). See README.md for the proof.
#pragma once

#include <optional>

#include "tristab/reference/inverse.h"

namespace tristab {

// For an A that invert_reference takes. Empty unless ||I - L Xh||_F <= 2^-80, no number comes near the ends of double's
// range, and every entry of `high` is proved to be X_ij rounded to nearest, every entry of `low` X_ij - high_ij rounded
// to nearest. The same bits at every SIMD level, with and without fused multiply-add. `rest`, if given, receives the
// third part: Xh = high + low + rest exactly.
std::optional<Reference> invert_threefold(const Matrix& a, Matrix* rest = nullptr);

}  // namespace tristab
