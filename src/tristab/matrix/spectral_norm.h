// ||M||_2, the largest singular value, in a fixed order of operations.
#pragma once

#include "tristab/matrix/matrix.h"

namespace tristab {

// The largest singular value of M (any shape, any scale), to a relative error of about columns * 2^-53; 0 for a zero or
// empty matrix, NaN when an entry is not finite.
//
// sqrt(lambda_max(M^T M)). The largest eigenvalue of a Gram matrix is well conditioned (only the small ones lose half
// their digits). So M^T M is formed and reduced to tridiagonal form by Householder reflections (Golub and Van Loan,
// Matrix Computations, 4th ed., algorithm 8.3.1), and the eigenvalue is bracketed by Sturm counts (section 8.4.1). This
// is a direct method: unlike Lanczos or power iterations it needs no convergence and cannot settle on the wrong
// singular value of a cluster.
double spectral_norm(const Matrix& m);
double spectral_norm(const Matrix& m, double largest);  // the same, where max_abs(m) is known

}  // namespace tristab
