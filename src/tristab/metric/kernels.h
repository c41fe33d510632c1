// The inner loops of the metrics, compiled for several SIMD levels; every level gives the same bits. Sums over columns
// run in the order of matrix/sum.h, sums over rows in ascending order. `extents`: residual.h's row_extents.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// The number of leading elements behind which there are zeros alone.
int row_extent(const double* x, int size);

// sums += left right, k ascending: the products of the first left_extents[i] entries of row i of `left`. Right row k
// has right_extents[k] entries. With `absolute`: the magnitudes of the products.
void add_products(const Matrix& left, const std::vector<int>& left_extents, const Matrix& right,
                  const std::vector<int>& right_extents, bool absolute, Matrix& sums);

// Replaces R by D, where Xh D = -R, by forward substitution; both lower triangular, no zero on the diagonal of Xh.
// Returns whether D is finite. If it is not, D has more NaN than a substitution that skips zeros.
bool substitute(const Matrix& computed, Matrix& r);

// (Xh - high) - low.
void subtract_reference(const Matrix& computed, const Matrix& high, const Matrix& low, Matrix& e);

// Maxima over entries of E = Xh - X, where X is not zero: |e|, |e / x| and |e| in units of the last place of x.
struct EntryMaxima {
  double absolute = 0, relative = 0, ulps = 0;
  double nonzero_at_zero = 0;  // entries that are zero in X and not in Xh
  bool any_nonzero = false;    // X has an entry that is not zero
};

// A unit of the last place: 2^(max(exponent of x, min_exponent) - precision + 1); precision 0: none.
struct UlpFormat {
  int precision = 0, min_exponent = 0;
};

// Over `count` entries.
void raise_maxima(const double* e, const double* x, const double* computed, int count, UlpFormat format,
                  EntryMaxima& maxima);

// Sums over the first extents[i] entries of each row of y = scale Xh, of x = Xs.
struct CorrelationSums {
  double product = 0, squares = 0;  // x . y, y . y
  bool constant = true;             // every y is `first`
  bool equal = true;                // y = x
};
CorrelationSums correlation_sums(const Matrix& computed, double scale, double first, const Matrix& x,
                                 const std::vector<int>& extents);

// The same over the first columns[i] entries, of y = scale Xh - mean and x: x . y and y . y.
CorrelationSums centred_sums(const Matrix& computed, double scale, double mean, const Matrix& x,
                             const std::vector<int>& columns);

// For every column j of Xh and of R: squares of entries times powers of two x_scale, r_scale that keep them in range,
// and the same of R below the diagonal. Rows above `j` are zero if `triangular`.
struct ColumnSums {
  explicit ColumnSums(int columns);
  std::vector<double> x_scale, r_scale, x_squares, r_squares, lower_squares;
  // The largest |r_ij| / s_ij with r_ij not zero, and that below the diagonal; NaN if one is NaN.
  double ratio = 0, lower_ratio = 0;
};
ColumnSums column_sums(const Matrix& computed, const Matrix& residual, const Matrix& scale, bool triangular);

}  // namespace tristab
