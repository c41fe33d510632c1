// The smooth exact models that the strategy `gradient` climbs.
#pragma once

#include "tristab/matrix/token_inputs.h"

namespace tristab {

// log ||B^p||_F of the diagonal blocks B of A, p = 2^squarings; log ||(I + A)^-1||_F without a block.
struct GrowthModel {
  int block = 0;
  int squarings = 0;
};

struct GrowthSlope {
  double value = 0;
  Matrix directions, rates, decays;  // its derivatives, of the shapes of the tensors
};

// In double. Where the power is 0, the slope is that towards a larger A.
GrowthSlope growth_slope(const GrowthModel& model, const TokenInputs& tokens);

}  // namespace tristab
