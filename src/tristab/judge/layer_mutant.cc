// Faults of the layer around the inverse. Right (chunked_layer.h), S the state before a chunk and S+ after it:
//   V' = u - w S;  o = c (Q S exp G + tril(Q r^T exp(G_i - G_j)) V');  S+ = exp(G_n) S + r^T (V' exp(G_n - G))
// Seen: FlashInfer issue 2768 (the running sums were not carried), U41 of pegainfer 691 (the state of T = 128 against
// 64 + 64), FLA issue 891 (bugs of the state vanish in tests whose exp(G_n) is 0), FlashInfer's layouts of the state.
#include "tristab/judge/layer_mutant.h"

#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"

namespace tristab {
namespace {

double gate_of(const Matrix& sums, int row, int channel) {
  return sums.columns() == 0 ? 0.0 : sums(row, sums.columns() == 1 ? 0 : channel);
}

// V' = u - w S
Matrix new_values(const LayerStep& step) {
  Matrix values = step.outputs.u;
  for (int i = 0; i < values.rows(); ++i) {
    for (int d = 0; d < step.before.rows(); ++d) {
      const double w = step.outputs.w(i, d);
      for (int v = 0; v < values.columns(); ++v) values(i, v) -= w * step.before(d, v);
    }
  }
  return values;
}

// S+ with another decay of S: exp of `sum(channel)` in place of exp(G_n).
void redecay(LayerStep& step, const std::function<double(const Matrix& sums, int channel)>& sum) {
  const Matrix sums = running_sums(step.chunk.log_decay);
  for (int d = 0; d < step.after.rows(); ++d) {
    const double change = exponential(sum(sums, d)) - exponential(gate_of(sums, sums.rows() - 1, d));
    for (int v = 0; v < step.after.columns(); ++v) step.after(d, v) += change * step.before(d, v);
  }
}

// o gains factor times the score of row i with row j times V'_j.
void add_scores(LayerStep& step, int offset, double factor) {
  const GatedFactors factors = factors_of(step.chunk);
  const Matrix sums = running_sums(step.chunk.log_decay), values = new_values(step);
  const double c = factor * step.scale;
  for (int i = 0; i < step.chunk.rows(); ++i) {
    const int j = i + offset;
    if (j >= step.chunk.rows()) continue;
    double score = 0;
    for (int d = 0; d < factors.right.columns(); ++d) {
      score += step.chunk.queries(i, d) * factors.right(j, d) * exponential(gate_of(sums, i, d) - gate_of(sums, j, d));
    }
    for (int v = 0; v < values.columns(); ++v) step.outputs.o(i, v) += c * score * values(j, v);
  }
}

// o without the decay of what it reads from S.
void undecay_outputs(LayerStep& step) {
  const Matrix sums = running_sums(step.chunk.log_decay);
  const double c = step.scale;
  for (int i = 0; i < step.chunk.rows(); ++i) {
    for (int d = 0; d < step.before.rows(); ++d) {
      const double change = c * step.chunk.queries(i, d) * (1 - exponential(gate_of(sums, i, d)));
      for (int v = 0; v < step.before.columns(); ++v) step.outputs.o(i, v) += change * step.before(d, v);
    }
  }
}

void transpose_state(LayerStep& step) {
  Matrix& s = step.after;
  if (s.rows() != s.columns()) return;
  for (int i = 0; i < s.rows(); ++i) {
    for (int j = 0; j < i; ++j) std::swap(s(i, j), s(j, i));
  }
}

// Beta is left out of u = T (beta v).
void without_write_gate(TokenInputs& chunk) {
  const Matrix& gates = chunk.part(chunk.rule->write_gate);
  for (int i = 0; i < chunk.values.rows(); ++i) {
    for (int v = 0; v < chunk.values.columns(); ++v) {
      const double gate = gates(i, gates.columns() == 1 ? 0 : v);
      if (gate != 0) chunk.values(i, v) /= gate;
    }
  }
}

}  // namespace

std::vector<LayerMutant> layer_mutants(const DeltaRule& rule) {
  std::vector<LayerMutant> list;
  const auto step = [&](const char* kind, const char* name, const char* text, void (*change)(LayerStep&)) {
    list.push_back({kind, name, text, nullptr, change});
  };
  step("layer-state", "state-not-carried", "the state of the chunk before is not carried on", [](LayerStep& s) {
    // What the next chunk begins with: this chunk's own part alone, as if it were the last.
    redecay(s, [](const Matrix&, int) { return -1e30; });
  });
  if (rule.decay != DecayWidth::none) {
    step("layer-state", "state-decay-missing", "the state carried on does not decay",
         [](LayerStep& s) { redecay(s, [](const Matrix&, int) { return 0.0; }); });
    step("layer-state", "state-decay-off-by-one", "the decay of the state carried on misses the last token",
         [](LayerStep& s) {
           redecay(s,
                   [](const Matrix& sums, int d) { return sums.rows() < 2 ? 0 : gate_of(sums, sums.rows() - 2, d); });
         });
    step("layer-state", "output-decay-missing", "outputs read the state without decay", undecay_outputs);
    list.push_back({"layer-decay", "decay-base-two-throughout", "every decay but A's is a power of two, not of e",
                    [](TokenInputs& chunk) {
                      for (double& g : chunk.log_decay.values()) g *= 0.6931471805599453;
                    }});
  }
  step("layer-state", "state-transposed", "the state carried on is transposed", transpose_state);
  if (!rule.write_gate.empty()) {
    step("layer-scores", "scores-without-diagonal", "the mask of the scores leaves out the diagonal",
         [](LayerStep& s) { add_scores(s, 0, -1); });
    step("layer-scores", "scores-with-next", "the mask of the scores lets the next token in",
         [](LayerStep& s) { add_scores(s, 1, 1); });
    list.push_back({"layer-beta", "beta-missing-from-u", "u is formed without beta", without_write_gate});
  }
  if (rule.scaled_queries) {
    step("layer-scores", "scale-missing", "outputs are not scaled", [](LayerStep& s) {
      const double c = s.scale;
      for (double& o : s.outputs.o.values()) o /= c;
    });
  }
  step("layer-order", "chunk-stale", "the outputs of a chunk are those of the chunk before", [](LayerStep& s) {
    if (s.last_outputs == nullptr) return;
    for (int i = 0; i < std::min(s.outputs.o.rows(), s.last_outputs->rows()); ++i)
      std::copy_n(s.last_outputs->row(i), s.outputs.o.columns(), s.outputs.o.row(i));
  });
  LayerMutant swapped{"layer-order", "heads-swapped", "each head has the results of the next"};
  swapped.swaps_sequences = true;
  list.push_back(std::move(swapped));
  return list;
}

double score_scale(const TokenInputs& tokens, double scale) {
  if (scale > 0) return scale;
  return tokens.rule->scaled_queries ? 1 / std::sqrt(static_cast<double>(tokens.keys.columns())) : 1;
}

LayerOutputs run_layer(const TokenInputs& tokens, int n, const Matrix& initial, double scale,
                       const LayerArithmetic& arithmetic, Machines& machines,
                       const std::function<Matrix(std::size_t chunk)>& inverse, const LayerMutant* mutant) {
  const int rows = tokens.rows(), keys = tokens.keys.columns(), values = tokens.values.columns();
  LayerOutputs all{Matrix(rows, keys), Matrix(rows, values), Matrix(rows, values), {}};
  ChunkedLayer layer(arithmetic, machines, keys, values);
  if (initial.rows() > 0) layer.set_state(initial);
  layer.set_scale(scale);
  Matrix last;
  for (int first = 0, index = 0; first < rows; first += n, ++index) {
    const int count = std::min(n, rows - first);
    TokenInputs chunk = token_rows(tokens, first, count, count);
    if (mutant != nullptr && mutant->inputs) mutant->inputs(chunk);
    const Matrix before = layer.state();
    ChunkOutputs outputs = layer.advance(chunk, inverse(static_cast<std::size_t>(index)));
    if (mutant != nullptr && mutant->step) {
      Matrix after = layer.state(), right = outputs.o;
      LayerStep step{index, chunk, before, outputs, after, index > 0 ? &last : nullptr, score_scale(tokens, scale)};
      mutant->step(step);
      layer.set_state(std::move(after));
      last = std::move(right);
    }
    std::copy_n(outputs.w.row(0), static_cast<std::ptrdiff_t>(count) * keys, all.w.row(first));
    std::copy_n(outputs.u.row(0), static_cast<std::ptrdiff_t>(count) * values, all.u.row(first));
    std::copy_n(outputs.o.row(0), static_cast<std::ptrdiff_t>(count) * values, all.o.row(first));
  }
  all.state = layer.state();
  return all;
}

}  // namespace tristab
