// How strong a constant gate may be before the decayed factors of the anchored formation leave their format.
#pragma once

#include "tristab/layer/formation.h"

namespace tristab {

struct GateCeiling {
  int steps = 0;        // from the anchor to the farthest row that it serves: the largest exponent is steps |g|
  double formula = 0;   // log(2^(emax + 1)) / steps, in nats: beyond it a factor overflows
  double finite = 0;    // by run: the largest |g|, in nats, at which every score is finite
  double accurate = 0;  // by run: the largest |g| up to which no score's error exceeds twice that of gates of a tenth
                        // of `finite` and less
};

// For scores (i >= j) of one chunk of n rows with one gate a head, every key and query (1, 2, ..., 16) / |(1, ...,
// 16)|. `factor` is the format of the decayed factors: the narrower of the accumulator and the operands.
GateCeiling gate_ceiling(const Formation& anchored, int n, const Format& factor);

}  // namespace tristab
