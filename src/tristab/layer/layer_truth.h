// What a layer should have computed: W and U of every chunk, and the outputs and states of the recurrence, in
// long double.
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

// Rows of zeros complete the last chunk where n does not divide the rows. Rounded to double at the end. W and
// U solve (I + A) W = diag(s) (L o exp P), (I + A) U = R by substitution, A in double; o and S follow the
// rule row by row.
LayerTruth establish_layer_truth(const TokenInputs& tokens, int n);

// Row counts that errors are reported after: 1, 2, 4, ... chunks and all of them.
std::vector<int> reported_chunks(int chunks);

}  // namespace tristab
