// Block-scaled formats: narrow elements with one scale for each block of `block_size` elements along k. A block is a
// piece of a row of the left operand or of a column of the right one (README.md, "Quantisers").
//
// Microscaling (OCP Microscaling Formats (MX) 1.0, sections 5.2 and 6.3): x = 2^e q. q is in the element format,
// rounded to nearest even and saturating; e = floor(log2 amax) - emax (other rules: Quantiser::Rule), limited to E8M0's
// range -127 .. 127. MXINT8's elements are the multiples of 2^-6 up to 127/64: p = 7, emin = emax = 0; -2 is not used,
// as section 5.3.4 allows. A block that holds NaN or infinity is NaN.
//
// NVFP4 (NVIDIA, arXiv 2509.25149, "NVFP4 quantization"; NVIDIA cuDNN frontend documentation, "Block Scaling"):
//   s = fl(amax / (448 * 6)) for the tensor, at least the smallest positive fp32 number; 1 for an all-zero tensor
//   s_b = e4m3(fl(fl(amax_b / 6) / s)), to nearest even and saturating, for each block
//   x = s s_b q, q = e2m1(x / (s s_b)) to nearest even and saturating; 0 where s_b = 0
// A tensor that holds NaN or infinity is NaN.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tristab/arithmetic/accumulation.h"
#include "tristab/arithmetic/quantise.h"

namespace tristab {

// The exponent e of a block whose largest finite magnitude is `largest`; -127 for an all-zero block.
int shared_exponent(double largest, const Quantiser& quantiser);

// s and s_b of NVFP4.
float nvfp4_tensor_scale(double largest);
float nvfp4_block_scale(double largest_of_block, float tensor_scale);

// Whether an operand is the left or the right factor of a product. Blocks lie along the rows of a left and along the
// columns of a right one.
enum class Side { left, right };

// Writes the elements as the matrix unit takes them, 2^e q or s_b q without the tensor's scale, to `to` (rows x
// columns, no gaps); 0 on a main diagonal that stays outside. `scale` of the block is NVFP4's s. Returns how many
// elements were clamped.
template <class Carrier>
std::int64_t convert_blocks(const CodedBlock<Carrier>& block, Side side, const Quantiser& quantiser, float* to);

// How a block-scaled product is summed, and whether its accumulator is finite.
struct BlockScaledSum {
  Accumulation accumulation;  // format inside fp32, deterministic rounding
  bool finite = false;        // the accumulator holds neither NaN nor infinity
};

// accumulator += A B with A = D_A + U_A and B = D_B + U_B, D the main diagonals (0 with the identity inside):
//   microscaling: the accumulation of c + sum_k u_A u_B, operands exact in fp32
//   nvfp4: t := the accumulation of 0 + sum_k (q_A s_Ab) (q_B s_Bb), exact products; c := fl(c + fl(fl(s_A s_B) t))
//   and the terms of the diagonals (diagonal_terms.h), with u in fp32
// fl rounds to the accumulation's format (fl(s_A s_B) to fp32).
template <class Carrier>
QuantiserCounts accumulate_block_scaled_product(Carrier* accumulator, std::ptrdiff_t stride,
                                                const CodedBlock<Carrier>& a, const CodedBlock<Carrier>& b,
                                                const Quantiser& quantiser, const BlockScaledSum& sum);

}  // namespace tristab
