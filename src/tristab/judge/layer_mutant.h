// Wrong layers on purpose: T is right, what is computed from it is not.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tristab/layer/chunked_layer.h"

namespace tristab {

// One chunk of a layer computed right; a mutant changes what came out.
struct LayerStep {
  int index = 0;               // of the chunk
  const TokenInputs& chunk;    // rows of real tokens
  const Matrix& before;        // the state before, d_k x d_v
  ChunkOutputs& outputs;       // w, u, o
  Matrix& after;               // the state after
  const Matrix* last_outputs;  // o of the chunk before; null: this is the first
  double scale = 0;            // of the scores
};

struct LayerMutant {
  std::string kind, name, text;
  std::function<void(TokenInputs& chunk)> inputs = nullptr;  // what the layer reads, T apart
  std::function<void(LayerStep& step)> step = nullptr;
  bool swaps_sequences = false;  // each sequence has the results of the next
};

// Those that this rule can have.
std::vector<LayerMutant> layer_mutants(const DeltaRule& rule);

struct LayerOutputs {
  Matrix w, u, o;  // all rows
  Matrix state;    // at the end
};

// The scale of the scores, of which 0 means the rule's: d_k^-1/2 or 1.
double score_scale(const TokenInputs& tokens, double scale);

// The layer over a sequence; `inverse` gives T of chunk number c, rows x rows. `mutant` null: no fault.
LayerOutputs run_layer(const TokenInputs& tokens, int n, const Matrix& initial, double scale,
                       const LayerArithmetic& arithmetic, Machines& machines,
                       const std::function<Matrix(std::size_t chunk)>& inverse, const LayerMutant* mutant = nullptr);

}  // namespace tristab
