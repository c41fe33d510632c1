// Where an error comes from: four matrices whose sum is the total error.
//   formation   S - X    S the inverse of A as the method saw it, X that of A as given
//   truncation  M - S    M the method on an exact machine, applied to A as it saw it
//   rounding    Z - M    Z the result before its last rounding
//   output      Xh - Z
// The sum telescopes to Xh - X, whatever M and S are. In numerical analysis: forward error of the data, of the formula
// and of the arithmetic (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 1.2).
#pragma once

#include "tristab/metric/number.h"
#include "tristab/metric/twofold.h"
#include "tristab/reference/inverse.h"

namespace tristab {

// ||part||_F / ||X||_F.
struct ErrorShares {
  Measured formation = Undefined::not_decomposed, truncation = Undefined::not_decomposed,
           rounding = Undefined::not_decomposed, output = Undefined::not_decomposed;
};

struct ErrorParts {
  ExtendedMatrix formation, truncation, rounding, output;  // n x n
};

// All n x n. `seen` is the reference of A as the method saw it; `exact` is M, or null if the method leaves nothing out
// (then M = S). Elements of a part that are not finite are those of an overflow.
ErrorParts error_parts(const Reference& given, const Reference& seen, const Matrix* exact, const Matrix& before_output,
                       const Matrix& x);

// Parts that are not finite have no value: `lost` is their reason.
ErrorShares shares_of(const ErrorParts& parts, const Reference& given);

}  // namespace tristab
