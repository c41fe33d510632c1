// The condition number that a family aims at.
#pragma once

#include "tristab/matrix/matrix.h"

namespace tristab {

// cond_2(I + A) = ||I + A||_2 ||(I + A)^-1||_2 for A (n x n) strictly lower triangular and finite; entries
// on and above the diagonal are not read. The
// inverse is formed by substitution in double, so the relative accuracy is about n 2^-53 cond; what is
// reported about a matrix comes from its certified inverse (reference/condition.h) instead.
double condition_number_2(const Matrix& a);

}  // namespace tristab
