// A matrix unit's sum of products, one element at a time, by exact operations of binary64. For each group of `terms`
// products and the incoming c, with e the exponents as the unit sees them (emin for subnormals),
//   e* = max(e(a_k) + e(b_k), e(c), lowest exponent), zeros left out; place = e* - F
//   c := round(2^place sum of trunc(term 2^-place))
// A product of two 12-bit numbers is exact, and so are its scaling by a power of two and a sum of 65 whole numbers
// below 2^42. Sources: Khattak and Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909. Non-finite values follow the
// H100: a NaN, infinity times zero and infinities of both signs give the one NaN 0x7fffffff, and zero sums are +0.
#pragma once

#include <cstddef>

#include "tristab/arithmetic/accumulation.h"

namespace tristab::selftest {

// c + sum of a[k] b[k b_stride], k < inner. a and b hold values of a format with `operand_min_exponent` and at most 12
// bits; c is a value of the accumulation's format. Only the parameters of `accumulation` are read.
float unit_dot(const Accumulation& accumulation, int operand_min_exponent, const float* a, const float* b,
               std::ptrdiff_t b_stride, int inner, float c);

}  // namespace tristab::selftest
