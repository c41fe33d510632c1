// Cayley-Hamilton doubling, shared by mch and by the methods that use it on their diagonal blocks.
#pragma once

#include "tristab/method/method.h"

namespace tristab {

struct MchOptions {
  bool separate_addend = false;   // X = fl(X + fl(X Y)) instead of one rounding, as FlashKDA v1
  bool kept_accumulator = false;  // X is never rounded between steps: c += fl(X) Y
};

// X = (I + A)^-1 by repeated squaring; A may be a batch of blocks of any size. `last`: whether the result is
// rounded.
Value mch(const Value& a, Machine& machine, const Stage& stage, const MchOptions& options, Last last);

std::vector<Parameter> mch_parameters();
MchOptions mch_options(const Settings& settings);

}  // namespace tristab
