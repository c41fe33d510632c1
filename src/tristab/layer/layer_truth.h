// What a layer should have computed, in long double: W and U of every chunk, and the outputs and states of the
// recurrence.
#pragma once

#include <cstdint>
#include <vector>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

struct LayerTruth {
  Matrix w, u;  // all rows; chunks of n rows from the first one on
  Matrix o;     // all rows
  int chunks = 0;
  std::vector<Matrix> states;  // after each of reported_chunks(chunks), d_k x d_v
  double state_max = 0;        // largest |S_ij| after a chunk
};

// W and U solve (I + A) W = diag(s) (L o exp P) and (I + A) U = R by substitution, A in double; o and S follow the rule
// row by row. If n does not divide the number of rows, zero rows complete the last chunk. Results are rounded to double
// at the end. `initial`: the state before the first row, d_k x d_v; null: zero.
LayerTruth establish_layer_truth(const TokenInputs& tokens, int n, const Matrix* initial = nullptr);

// (I + A)^-1 by substitution in long double, rounded to double at the end.
Matrix inverse_by_substitution(const Matrix& a);

// The numbers of chunks after which errors are reported: 1, 2, 4, ... and all of them.
std::vector<int> reported_chunks(int chunks);

}  // namespace tristab
