// How far the inputs of a test reach: what makes (I + A)^-1 hard, beside other inputs.
#pragma once

#include "tristab/judge/case_inputs.h"

namespace tristab {

struct InputReach {
  int matrices = 0;    // examined
  double row_sum = 0;  // largest ||A||_inf
  double power = 0;    // largest ||A^(2^k)||_max, k = 0, 1, ...
  double cosine = 0;   // mean of k_i . k_j / (|k_i| |k_j|) over pairs in a chunk; NaN without keys
  double inverse = 0;  // largest |X_ij|, i > j
  double far = 0;      // the largest |X_ij| at distances i - j >= n / 4: what merges are about
};

// Of at most `most` chunks, evenly spaced.
InputReach reach_of(const CaseInputs& inputs, int most);

}  // namespace tristab
