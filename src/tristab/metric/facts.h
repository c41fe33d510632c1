// What metrics need to know about the exact inverse and about L. Computed once and shared by all records of a matrix.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"
#include "tristab/reference/inverse.h"

namespace tristab {

// Facts about the entries of X in one region: the whole matrix, or its strictly lower triangle.
struct RegionFacts {
  double count = 0;                                                   // number of entries: n^2, or n (n - 1) / 2
  double max_abs = 0, frobenius = 0, one = 0, infinity = 0, two = 0;  // norms of X
  std::vector<double> rows;                                           // ||X_i:||_2 of each row in the region
  // Xs: X times the power of two that brings max_abs into [0.5, 1), so that no product of entries overflows.
  Matrix scaled;
  double scaled_frobenius = 0;   // ||Xs||_F
  Matrix centred;                // Xs_ij minus the mean entry of Xs in the region; 0 outside it
  double centred_frobenius = 0;  // of `centred`; 0 if and only if all entries of the region are equal
};

struct ReferenceFacts {
  int n = 0;
  RegionFacts whole, strict_lower;  // of X
  double l_frobenius = 0, l_infinity = 0;
  double a_frobenius = 0;
  // || |X| |A| |X| ||_F / ||X||_F: times u, this is the error that a stable method achieves (Higham 2002, section
  // 14.2).
  double stable_error = 0;
  // max|A_ij| || |X| S |X| ||_F / ||X||_F, S_ij = 1 for i > j, else 0: the same for an error of the size of the largest
  // entry in every entry of A.
  double step_error = 0;
};

// `a` is n x n strictly lower triangular, `reference` its inverse.
ReferenceFacts establish_facts(const Matrix& a, const Reference& reference);

// The relative Frobenius error that a stable method achieves where results are rounded with unit roundoff u, sums of
// products with u_sums, and, for integers, every entry is off by `step` of the largest one.
double achieved_error(const ReferenceFacts& facts, double u, double u_sums, double step);

}  // namespace tristab
