// The chunked form of the delta rules on an emulated machine: what a layer's kernels compute from T = (I + A)^-1.
//
// l, r, s are the factors of A (rule/rule.h: A_ij = s_i sum_d l_id r_jd exp(P_id - G_jd)) and c = d_k^-1/2 (RWKV-7: 1).
// fl rounds to storage; sums and the state S (d_k x d_v) stay in the accumulator's format.
//   w  = fl(T fl(s l exp(P)))
//   u  = fl(T fl(w v)) with the rule's write gate w; DPLR: fl(T fl(fl(A_ak) v))
//   V' = u - w fl(S)
// One gate a head:
//   o  = fl(c (Q fl(S)) exp(G) + c fl(tril(Q r^T exp(G_i - G_j))) fl(V'))
//   S <- exp(G_n) S + r^T fl(V' exp(G_n - G))
// One gate a channel:
//   o  = fl(c fl(Q exp(G)) fl(S) + fl(c tril(sum_d q_id r_jd exp(G_id - G_jd))) fl(V'))
//   S <- diag(exp G_n) S + fl(r exp(G_n - G))^T fl(V')
// DPLR also writes k v^T: o gains fl(c tril(A_qk)) v, S gains fl(k exp(G_n - G))^T v.
//
// Rounding points are those of flash-linear-attention's kernels (fla/ops/common/chunk_o.py, chunk_delta_h.py,
// fla/ops/gated_delta_rule/wy_fast.py, fla/ops/kda).
#pragma once

#include <functional>
#include <utility>

#include "tristab/layer/layer_arithmetic.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {

struct ChunkOutputs {
  Matrix w;  // n x d_k
  Matrix u;  // n x d_v
  Matrix o;  // n x d_v
};

class ChunkedLayer {
 public:
  // The state starts at zero, unless it is set. Arithmetic and machines must outlive the layer.
  ChunkedLayer(const LayerArithmetic& arithmetic, Machines& machines, int keys, int values);

  // Processes one chunk of n rows with its T, n x n (rounded to the operand format on entering products). The chunk
  // must have queries and values.
  ChunkOutputs advance(const TokenInputs& chunk, const Matrix& t);

  // The same if T is never formed: `apply` returns T B for a right-hand side B (n x c, stored).
  using Application = std::function<Matrix(const Matrix& b)>;
  ChunkOutputs advance(const TokenInputs& chunk, const Application& apply);

  const Matrix& state() const { return state_; }  // d_k x d_v
  void set_state(Matrix state) { state_ = std::move(state); }
  void set_scale(double scale) { scale_ = scale; }  // c; 0: the rule's

 private:
  double query_scale(const TokenInputs& chunk) const;
  Matrix scores(const TokenInputs& chunk, const Matrix& right) const;
  Matrix right_hand_side(const TokenInputs& chunk, const GatedFactors& factors) const;
  void decay_state(const Matrix& sums);
  Matrix to_chunk_end(const Matrix& x, const Matrix& sums) const;

  const LayerArithmetic& arithmetic_;
  Machines& machines_;
  ProductUnit unit_;
  Formation gram_;  // of the scores with one gate a head
  Matrix state_;
  double scale_ = 0;
};

}  // namespace tristab
