// Unrolled Bunch-Hopcroft recursion, shared by mbh and mxr.
#pragma once

#include "tristab/method/method.h"

namespace tristab {

// X holds the inverses of the m x m diagonal blocks of I + A; doubles m until X = (I + A)^-1. n / m is a
// power of two.
Value mbh(const Value& a, Machine& machine, Value x, int m);

// The least size m 2^k >= n.
int doubled_size(int n, int m);

}  // namespace tristab
