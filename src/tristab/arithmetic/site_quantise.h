// Quantisers (quantise.h, block_scale.h) for double-doubles, of whose roundings some can be left out. Kinds: that of
// the codes or elements is given, `scale` chooses a scale that the format can hold, `saturation` clamps; sums are
// `accumulator`, with the wrap-around of integer sums as `saturation`.
#pragma once

#include "tristab/arithmetic/block_scale.h"
#include "tristab/arithmetic/site_sums.h"

namespace tristab {

// An operand of a product, or a result.
struct PairTensor {
  PairMatrix elements;
  int diagonal = 0;  // element (i, i + diagonal) lies on the main diagonal of the whole matrix
  double scale = 0;  // not 0: the elements already are codes times it
};

// One scale for all (`scale`), for each row, or for each piece of a row; on return the elements are what the codes
// stand for.
void quantise_pairs(PairTensor& x, double scale, const Quantiser& quantiser, RoundingKinds on, RoundingKind kind);
void quantise_pairs_by_rows(PairTensor& x, const Quantiser& quantiser, RoundingKinds on, RoundingKind kind);

// The scale of integers whose largest magnitude is `largest`.
double pair_scale(double largest, const Quantiser& quantiser, RoundingKinds on);
// The largest magnitude that the quantiser sees.
double largest_pair(const PairTensor& x, const Quantiser& quantiser);

// c := c + a b of integer codes (accumulate_coded_product), and of block-scaled elements
// (accumulate_block_scaled_product).
void add_coded_pairs(PairMatrix& c, const PairTensor& a, const PairTensor& b, const Quantiser& quantiser,
                     RoundingKinds on);
void add_block_scaled_pairs(PairMatrix& c, const PairTensor& a, const PairTensor& b, const Quantiser& quantiser,
                            const Accumulation& accumulation, RoundingKinds on);

}  // namespace tristab
