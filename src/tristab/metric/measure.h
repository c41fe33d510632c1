// How far a computed inverse is from the exact one: computes every metric of the registry for one result.
#pragma once

#include "tristab/matrix/matrix.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/metric.h"
#include "tristab/reference/inverse.h"

namespace tristab {

struct MetricInput {
  const Matrix& computed;         // Xh, n x n
  const Matrix& a;                // A, n x n: the matrix that `reference` inverts
  const Reference& reference;     // X
  const ReferenceFacts& facts;    // establish_facts(a, reference)
  double unit_roundoff = 0;       // u of the coarsest format that the case rounded to
  int precision = 0;              // p of the storage format, bits of significand; 0: no ulp (integers with a scale)
  int min_exponent = 0;           // its emin, the exponent of the smallest normal number
  double unit_roundoff_sums = 0;  // u_s of the coarsest accumulator
  double step = 0;                // integers: half a quantisation step in units of the largest entry of A
};

// All metrics; the registry has the formulas. Errors are formed from both parts of the reference, so they keep double's
// relative accuracy even if Xh is X rounded to double. Residuals are computed in double, for u below 1e-12 in twofold
// precision. A result with non-finite entries has only its counts and `bound`. Throws InputError if the sizes differ.
MetricValues measure(const MetricInput& input);

// ||Xh - X||_F / ||X||_F against any reference: this is `frobenius`, and `total_frobenius` if the reference inverts A
// as given. NaN if Xh has a non-finite entry.
double relative_frobenius(const Matrix& computed, const Reference& reference);

// Xh - X; each entry has a relative error of a few 2^-53.
Matrix error_matrix(const Matrix& computed, const Reference& reference);

}  // namespace tristab
