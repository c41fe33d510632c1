// How a sum of products c + sum_k a_k b_k is accumulated (README.md defines all models). This is part of an arithmetic,
// because machines with the same formats can still differ here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/format/format.h"

namespace tristab {

// A matrix unit (tensor core). It takes groups of `terms` products together with the incoming c. Products are exact and
// not normalised (exponent e_a + e_b). e* is the largest exponent among the products and c, zeros apart, and at least
// lowest_exponent. Every term is truncated toward zero to a multiple of 2^(e* - fraction_bits). The sum of these is
// exact and rounded once; the result is the c of the next group. Khattak and Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv
// 2511.10909; Fasi et al., PeerJ Computer Science 7:e330 (2021).
struct MatrixUnit {
  int terms = 16;
  int fraction_bits = 25;      // F
  int lowest_exponent = -133;  // of e*: seen if c is zero and every product is tiny (H100, tf32)
  bool addend_floor = false;   // c is aligned by floor instead of truncation (CDNA3)
  bool operator==(const MatrixUnit&) const = default;
};

// A sum over the lanes of a warp. Product k sits in lane k; lanes without a product hold zeros. Lanes whose indices
// differ in one bit are added, bit after bit in `order`, until one sum is left. With `fused` the first addition takes
// the product of the lane without the bit unrounded: v_t = fl(a_t b_t + fl(a_u b_u)), u = t | order[0].
struct LaneTree {
  std::vector<int> order;  // powers of two, each once: 2^order.size() lanes
  bool fused = false;
  bool operator==(const LaneTree&) const = default;
};

// "2f,1,8,4": the bits in order, 'f' after the first for `fused`. Throws UsageError naming `place`.
LaneTree lane_tree_of(std::string_view text, std::string_view place);

enum class AccumulationModel {
  sequential,   // k ascending: c := fl(c + fl(a b)), or fl(c + a b) with fma
  pairwise,     // s := balanced tree of fl(a_k b_k) over neighbours; c := fl(c + s)
  matrix_unit,  // groups of terms, above
  bf16_pairs,   // AVX512-BF16's VDPBF16PS: per pair of k, fma of the odd element, then of the even one
  exact,        // c := fl(c + sum), one rounding
  lanes         // LaneTree; c := fl(c + s)
};

std::span<const std::string> accumulation_model_names();  // in the order of the enumeration
const std::string& name_of(AccumulationModel model);
AccumulationModel accumulation_model_of(std::string_view name);  // throws std::logic_error

struct Accumulation {
  Format format;  // of c; in a "pure" arithmetic the operand format
  Rounding rounding = Rounding::nearest_even;
  bool fma = false;
  AccumulationModel model = AccumulationModel::sequential;
  MatrixUnit unit = {};
  LaneTree lanes = {};
};

}  // namespace tristab
