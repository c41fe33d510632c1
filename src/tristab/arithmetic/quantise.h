// Symmetric integer quantisation and products of codes (arithmetic.md section 4).
//   s = fl(amax / qmax) (amax rule), or the least power of two >= amax / qmax; s = 1 for an all-zero tensor
//   q = clamp(rint(x / s), -qmax, qmax), ties to even; a code stands for the fp32 value fl(s q)
// A tensor that holds NaN or infinity has no codes: its scale is NaN, and so is whatever it is multiplied
// into.
#pragma once

#include <cstddef>

#include "tristab/arithmetic/arithmetic.h"

namespace tristab {

// The scale of a tensor (or row, or column) whose largest quantised magnitude is `largest`.
float quantiser_scale(double largest, const Quantiser& quantiser);

// The code of x as a whole number.
double code_of(double x, double scale, const Quantiser& quantiser);

// One block of carriers. Element (i, i + diagonal) lies on the main diagonal of the whole matrix; `scale` is
// 0 unless the elements are codes times that scale already.
template <class Carrier>
struct CodedBlock {
  Carrier* elements = nullptr;
  std::ptrdiff_t stride = 0;
  int rows = 0, columns = 0;
  int diagonal = 0;
  double scale = 0;
};

// Largest magnitude of what the quantiser sees: all elements, or all but the main diagonal with the identity
// outside. Infinity if one of them is not finite.
template <class Carrier>
double quantised_magnitude(const CodedBlock<Carrier>& block, const Quantiser& quantiser);

// Replaces every quantised element x by fl(s q).
template <class Carrier>
void requantise_block(const CodedBlock<Carrier>& block, double scale, const Quantiser& quantiser);

// accumulator += A B with A = D_A + s_A Q_A and B = D_B + s_B Q_B, D the main diagonals (0 with the identity
// inside):
//   c := fl(c + fl(fl(s_A s_B) fl(Q_A Q_B)))         Q_A Q_B summed exactly in integers
//   c := fl(c + fl(D_A s_B Q_B)),  c := fl(c + fl(s_A Q_A D_B)),  c := fl(c + fl(D_A D_B))
// all in fp32, in this order. Row scales: s_A belongs to A's rows and s_B to B's columns.
template <class Carrier>
void accumulate_coded_product(Carrier* accumulator, std::ptrdiff_t stride, const CodedBlock<Carrier>& a,
                              const CodedBlock<Carrier>& b, const Quantiser& quantiser);

}  // namespace tristab
