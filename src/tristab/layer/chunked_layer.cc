#include "tristab/layer/chunked_layer.h"

#include <cmath>
#include <utility>

namespace tristab {
namespace {

// The gate of a channel: its own, its head's, or 0 if there are no gates.
double gate(const Matrix& gates, int row, int channel) {
  return gates.columns() == 0 ? 0.0 : gates(row, gates.columns() == 1 ? 0 : channel);
}

}  // namespace

ChunkedLayer::ChunkedLayer(const LayerArithmetic& arithmetic, Machines& machines, int keys, int values)
    : arithmetic_(arithmetic),
      machines_(machines),
      unit_(machines.machine_for(arithmetic.products), arithmetic.products, arithmetic.exponential),
      state_(keys, values) {
  gram_.kind = Formation::Kind::gram;
  gram_.product = arithmetic.products;
  gram_.exponential = arithmetic.exponential;
  gram_.scan = arithmetic.scan;
}

// The scores that multiply V' inside the chunk. One gate a head: fl(tril((Q r^T) exp(G_i - G_j))), to which c is
// applied later. One gate a channel: fl(c tril(sum_d q_id r_jd exp(G_id - G_jd))).
Matrix ChunkedLayer::scores(const TokenInputs& chunk, const Matrix& right) const {
  const GatedFactors factors{chunk.queries, right, {}, chunk.log_decay};
  if (chunk.log_decay.columns() > 1) {
    const double c = query_scale(chunk);
    Matrix product = form(factors, Triangle::lower, arithmetic_.scores, machines_);
    product = unit_.rounded(std::move(product));
    for (double& x : product.values()) x *= c;
    return unit_.stored(unit_.rounded(std::move(product)));
  }
  return unit_.stored(form_gram(factors, Triangle::lower, gram_, machines_));
}

double ChunkedLayer::query_scale(const TokenInputs& chunk) const {
  if (scale_ > 0) return unit_.rounded(scale_);
  return chunk.rule->scaled_queries ? unit_.rounded(1 / std::sqrt(static_cast<double>(chunk.keys.columns()))) : 1;
}

// The right-hand side that T multiplies to give u.
Matrix ChunkedLayer::right_hand_side(const TokenInputs& chunk, const GatedFactors& factors) const {
  if (chunk.rule->write_gate.empty()) {
    GatedFactors of_keys = factors;  // A_ak = -(the factors' left) with k in b's place
    of_keys.right = chunk.keys;
    Matrix scores = form(of_keys, Triangle::strictly_lower, arithmetic_.scores, machines_);
    scores = unit_.rounded(std::move(scores));
    for (double& x : scores.values()) x = -x;
    return unit_.stored(unit_.product(unit_.stored(std::move(scores)), chunk.values));
  }
  const Matrix& gates = chunk.part(chunk.rule->write_gate);
  Matrix values = chunk.values;
  for (int i = 0; i < values.rows(); ++i) {
    for (int v = 0; v < values.columns(); ++v) values(i, v) *= unit_.rounded(gate(gates, i, v));
  }
  return unit_.stored(unit_.rounded(std::move(values)));
}

// x_i exp(G_n - G_i), row by row.
Matrix ChunkedLayer::to_chunk_end(const Matrix& x, const Matrix& sums) const {
  Matrix result = x;
  const int last = sums.rows() - 1;
  for (int i = 0; i < x.rows(); ++i) {
    for (int d = 0; d < x.columns(); ++d)
      result(i, d) *= unit_.power(unit_.rounded(gate(sums, last, d) - gate(sums, i, d)));
  }
  return unit_.rounded(std::move(result));
}

// S <- diag(exp G_n) S
void ChunkedLayer::decay_state(const Matrix& sums) {
  for (int d = 0; d < state_.rows(); ++d) {
    const double factor = unit_.power(gate(sums, sums.rows() - 1, d));
    for (int v = 0; v < state_.columns(); ++v) state_(d, v) *= factor;
  }
  state_ = unit_.rounded(std::move(state_));
}

ChunkOutputs ChunkedLayer::advance(const TokenInputs& chunk, const Matrix& t) {
  return advance(chunk, [&](const Matrix& b) { return unit_.product(t, b); });
}

ChunkOutputs ChunkedLayer::advance(const TokenInputs& chunk, const Application& apply) {
  const GatedFactors factors = factors_of(chunk);
  const int n = chunk.rows(), width = chunk.log_decay.columns();
  const bool writes_values = chunk.rule->write_gate.empty();  // k v^T, besides what was read
  const GateSums gates = gate_sums(factors, unit_, gram_);
  const Matrix& sums = gates.right;

  ChunkOutputs outputs;
  Matrix keys = factors.left;  // fl(s l exp(P))
  for (int i = 0; i < n; ++i) {
    const double scale = factors.scale.empty() ? 1 : unit_.rounded(factors.scale[static_cast<std::size_t>(i)]);
    for (int d = 0; d < keys.columns(); ++d) {
      const double decayed = width == 0 ? 1 : unit_.power(gate(gates.left, i, d));
      keys(i, d) = unit_.stored(unit_.rounded(unit_.rounded(keys(i, d) * scale) * decayed));
    }
  }
  outputs.w = unit_.stored(apply(keys));
  outputs.u = unit_.stored(apply(right_hand_side(chunk, factors)));

  const Matrix state = unit_.stored(state_);
  Matrix values = unit_.product(outputs.w, state);  // V' = u - w fl(S)
  for (std::size_t i = 0; i < values.values().size(); ++i)
    values.values()[i] = outputs.u.values()[i] - values.values()[i];
  values = unit_.rounded(std::move(values));

  const Matrix stored_values = unit_.stored(values);
  const double c = query_scale(chunk);
  Matrix queries = chunk.queries;
  if (width > 1) {
    for (int i = 0; i < n; ++i) {
      for (int d = 0; d < width; ++d)
        queries(i, d) = unit_.stored(unit_.rounded(queries(i, d) * unit_.power(sums(i, d))));
    }
  }
  outputs.o = unit_.product(queries, state);
  if (width > 1) {  // the product inside the chunk continues the scaled accumulator
    for (double& x : outputs.o.values()) x *= c;
    outputs.o = unit_.product(unit_.rounded(outputs.o), scores(chunk, factors.right), stored_values);
  } else {
    const Matrix inside = unit_.product(scores(chunk, factors.right), stored_values);
    for (int i = 0; i < n; ++i) {
      const double decayed = width == 0 ? 1 : unit_.power(sums(i, 0));
      for (int v = 0; v < outputs.o.columns(); ++v) {
        outputs.o(i, v) = unit_.fused(unit_.rounded(outputs.o(i, v) * decayed), c, unit_.rounded(inside(i, v) * c));
      }
    }
  }
  if (writes_values) outputs.o = unit_.product(outputs.o, scores(chunk, chunk.keys), chunk.values);
  outputs.o = unit_.stored(std::move(outputs.o));

  decay_state(sums);
  if (width > 1) {
    const Matrix right = unit_.stored(to_chunk_end(factors.right, sums));
    state_ = unit_.product(state_, transposed(right), stored_values);
  } else {
    state_ = unit_.product(state_, transposed(factors.right), unit_.stored(to_chunk_end(values, sums)));
  }
  if (writes_values)
    state_ = unit_.product(state_, transposed(unit_.stored(to_chunk_end(chunk.keys, sums))), chunk.values);
  return outputs;
}

}  // namespace tristab
