// Products of the rows of two matrices under decay: the form of A in every delta rule, and of the products of queries
// and keys that outputs need.
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// M_ij = s_i sum_d l_id r_jd exp(P_id - G_jd), where G is the inclusive running sum of the log decay inside the chunk.
// P = G, or P = G - g if the left factor reads the state before its own token's decay.
struct GatedFactors {
  Matrix left, right;              // n x d
  std::vector<double> scale;       // n; empty: 1
  Matrix log_decay;                // n x 0, n x 1 or n x d
  bool left_before_decay = false;  // P = G - g
};

enum class Triangle { strictly_lower, lower };  // i > j, or i >= j; zero elsewhere

// The exponents P of the left factor and G of the right one, n x columns of log_decay, in double.
Matrix left_sums(const GatedFactors& factors);
Matrix right_sums(const GatedFactors& factors);

// M in double ("formed exactly": a few rounding errors of 2^-53).
Matrix gated_product(const GatedFactors& factors, Triangle triangle);

}  // namespace tristab
