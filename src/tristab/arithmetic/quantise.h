// Integer quantisation and products of codes (README.md; Jacob et al., arXiv 1712.05877, with zero point 0).
//   s = fl(amax / qmax) (amax rule), the least power of two >= amax / qmax, or fl(static_amax / qmax); s = 1 for an
//   all-zero tensor (not with a static scale); qmax = 2^(bits-1) - 1, also in the full range, whose code -qmax - 1
//   only a static scale can reach
//   q = clamp(rint(x / s), -qmax, qmax), ties to even; a code stands for the fp32 value fl(s q)
// A tensor that holds NaN or infinity has no codes: its scale is NaN, and so is every product with it. Carriers hold
// fp32 values; a double carrier's values beyond fp32 are rounded on entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/arithmetic/quantise_kernels.h"

namespace tristab {

// Counts of quantisers and of sums of codes.
struct QuantiserCounts {
  std::int64_t saturations = 0;  // values clamped to the largest code or element, each time they were quantised
  // Elements of products whose sum of codes left the accumulator's range on the way, k ascending, and wrapped around:
  // those that the method keeps and those that it discards.
  std::int64_t overflows_live = 0, overflows_dead = 0;

  QuantiserCounts& operator+=(const QuantiserCounts& other);
};

// The scale of a tensor (or row, column, block) of integers whose largest quantised magnitude is `largest`.
float quantiser_scale(double largest, const Quantiser& quantiser);

// One block of carriers. Element (i, i + diagonal) lies on the main diagonal of the whole matrix. `scale` is that of
// the tensor, 0 if not known; `holds_codes`: all quantised elements already are codes times that scale, rounded to
// fp32.
template <class Carrier>
struct CodedBlock {
  Carrier* elements = nullptr;
  std::ptrdiff_t stride = 0;
  int rows = 0, columns = 0;
  int diagonal = 0;
  double scale = 0;
  bool holds_codes = false;

  // The rows as kernels of fp32 values take them, to be rewritten or to be read.
  template <class T = const Carrier>
  FloatRows<T> float_rows(const Quantiser& quantiser) const {
    return {elements, stride, rows, columns, quantiser.identity_outside, diagonal};
  }
  // The column of row i's element on the main diagonal if the quantiser leaves it out, else -1.
  int outside(const Quantiser& quantiser, int i) const {
    const int column = i + diagonal;
    return quantiser.identity_outside && column >= 0 && column < columns ? column : -1;
  }
};

// Row i as the quantiser sees it: fp32, with 0 on a main diagonal that stays outside. Returns the elements themselves
// if they are already so, else `copy`, which has room for a row.
template <class Carrier>
const float* quantised_row(const CodedBlock<Carrier>& block, const Quantiser& quantiser, int i, float* copy);

// Largest magnitude that the quantiser sees: of all elements, or of all but the main diagonal with the identity
// outside. Infinity if one of them is not finite.
template <class Carrier>
double quantised_magnitude(const CodedBlock<Carrier>& block, const Quantiser& quantiser);

CodeRange code_range(const Quantiser& quantiser);

// Replaces every quantised element x by fl(s q), where no |x| is above `largest`. Returns how many codes were clamped.
template <class Carrier>
std::int64_t requantise_block(const CodedBlock<Carrier>& block, double scale, const Quantiser& quantiser,
                              double largest = std::numeric_limits<double>::infinity());

// The same with a separate scale for every row (Scale::row) or every piece of `block_size` elements of a row
// (Scale::block).
template <class Carrier>
std::int64_t requantise_rows(const CodedBlock<Carrier>& block, const Quantiser& quantiser);

// accumulator += A B, or := 0 + A B if `from_zero`, with A = D_A + s_A Q_A and B = D_B + s_B Q_B, D the main diagonals
// (0 with the identity inside):
//   c := fl(c + fl(fl(s_A s_B) fl(Q_A Q_B)))         Q_A Q_B summed in integers of `accumulator_bits`
//   c := fl(c + fl(D_A fl(s_B Q_B))),  c := fl(c + fl(fl(s_A Q_A) D_B)),  c := fl(c + fl(D_A D_B))
// all in fp32, in this order. Row scales: s_A belongs to a row of A, s_B to a column of B. Block scales: the first line
// is done for each block of k in ascending order, with its own sums and scales. Elements (i, j) with i / live_block ==
// j / live_block are live (all of them if live_block is 0).
template <class Carrier>
QuantiserCounts accumulate_coded_product(Carrier* accumulator, std::ptrdiff_t stride, const CodedBlock<Carrier>& a,
                                         const CodedBlock<Carrier>& b, const Quantiser& quantiser, int live_block = 0,
                                         bool from_zero = false);

}  // namespace tristab
