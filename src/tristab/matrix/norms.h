// Norms of matrices of doubles in a fixed order of operations: the same bits with every compiler and SIMD level.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// Each is NaN if an entry is NaN, and infinite if the result is beyond the range of double.
double max_abs(const Matrix& m);         // max_ij |m_ij|, 0 for an empty matrix
double max_abs_below(const Matrix& m);   // the same below the diagonal
double frobenius_norm(const Matrix& m);  // sqrt(sum m_ij^2), without overflow or underflow of the squares
double frobenius_norm(const Matrix& m, double largest);  // the same, where max_abs(m) is known
double one_norm(const Matrix& m);                        // largest column sum of |m_ij|
double infinity_norm(const Matrix& m);                   // largest row sum of |m_ij|

// The Frobenius norm of each row, or of the part of each row left of the diagonal.
std::vector<double> row_norms(const Matrix& m, bool strictly_lower);

bool all_finite(const Matrix& m);

// I + A.
Matrix add_identity(const Matrix& a);
// The entries below the diagonal, zeros elsewhere.
Matrix strictly_lower(const Matrix& m);
bool is_strictly_lower(const Matrix& m);  // whether m is that already

// The power of two 2^-e that brings `largest` into [0.5, 1), so that products of scaled entries cannot overflow; 1 for
// 0, infinity and NaN. (At the ends of the exponent range the result is clamped to a normal number.)
double binary_scale(double largest);

// The larger of the two; NaN if either is NaN. std::max may drop a NaN, which would make a broken result look good.
constexpr double max_or_nan(double x, double y) { return y > x || y != y ? y : x; }

}  // namespace tristab
