// The condition number that a family aims at.
#pragma once

#include "tristab/matrix/matrix.h"

namespace tristab {

// cond_2(I + A) = sigma_max(I + A) sigma_max((I + A)^-1) for A (n x n) strictly lower triangular and finite.
// Entries on and above the diagonal are not read. Relative accuracy about 1e-12 + 1e-16 cond. Both largest
// singular values are found by Golub-Kahan-Lanczos bidiagonalisation with full reorthogonalisation (Golub,
// Van Loan, Matrix Computations, 4th ed., section 10.4), the inverse being applied by substitution; sums run
// in a fixed order.
double condition_number_2(const Matrix& a);

}  // namespace tristab
