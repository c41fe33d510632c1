// The condition number in double, for families that aim at one.
#pragma once

#include "tristab/matrix/matrix.h"

namespace tristab {

// cond_2(I + A) = ||I + A||_2 ||(I + A)^-1||_2 for A (n x n) strictly lower triangular and finite; entries on and above
// the diagonal are not read. The inverse is formed by substitution in double, so the relative accuracy is about n 2^-53
// cond. What a record says about a matrix comes from its certified inverse instead (reference/condition.h).
double condition_number_2(const Matrix& a);

}  // namespace tristab
