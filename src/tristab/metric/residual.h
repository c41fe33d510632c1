// Residuals of a computed inverse, in double or in twofold precision.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"
#include "tristab/metric/twofold.h"

namespace tristab {

// For a unit roundoff below this, the residual is as small as double's own rounding errors and needs twofold precision.
inline constexpr double twofold_below = 1e-12;

// For each row the number of leading columns that hold all of its nonzero entries (at most i + 1 if lower triangular).
// Products skip the rest.
std::vector<int> row_extents(const Matrix& m);

// Xh L - I with L = I + A; Xh n x n with row extents as above, A strictly lower triangular. `extended` asks for twofold
// precision: an error of about n^2 2^-106 |Xh| |L| instead of n 2^-53 |Xh| |L|.
ExtendedMatrix residual_left(const Matrix& computed, const std::vector<int>& extents, const Matrix& a, bool extended);

// L Xh - I; otherwise as above.
ExtendedMatrix residual_right(const Matrix& computed, const std::vector<int>& extents, const Matrix& a, bool extended);

// |L| |Xh|, the scale of componentwise backward errors.
Matrix residual_scale(const Matrix& computed, const std::vector<int>& extents, const Matrix& a);

}  // namespace tristab
