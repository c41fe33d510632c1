// How far a computed inverse is from the exact one: every metric of the registry for one result.
#pragma once

#include "tristab/matrix/matrix.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/metric.h"
#include "tristab/reference/inverse.h"

namespace tristab {

struct MetricInput {
  const Matrix& computed;       // Xh, n x n
  const Matrix& a;              // A, n x n: the matrix that `reference` inverts
  const Reference& reference;   // X
  const ReferenceFacts& facts;  // establish_facts(a, reference)
  double unit_roundoff = 0;     // u of the storage format
  int precision = 0;            // its p, bits of significand; 0 when it has no ulp (integers with a scale)
  int min_exponent = 0;         // its emin, the exponent of the smallest normal number
};

// All metrics; formulas in the registry. Errors are formed from both parts of the reference, so they keep
// double's relative accuracy even when Xh is X rounded to double. Residuals are computed in double, for u
// below 1e-12 in twofold precision. A result with entries that are not finite has only its counts and
// `bound`. Throws InputError when the sizes differ.
MetricValues measure(const MetricInput& input);

// ||Xh - X||_F / ||X||_F against any reference: `frobenius`, and `total_frobenius` when the reference inverts
// A as given. NaN when Xh has an entry that is not finite.
double relative_frobenius(const Matrix& computed, const Reference& reference);

// Xh - X, each entry to a relative error of a few 2^-53.
Matrix error_matrix(const Matrix& computed, const Reference& reference);

}  // namespace tristab
