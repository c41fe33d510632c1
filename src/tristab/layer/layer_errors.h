// How far a layer computed with one inverse is from the recurrence.
#pragma once

#include <optional>
#include <vector>

#include "tristab/layer/chunked_layer.h"
#include "tristab/layer/layer_truth.h"

namespace tristab {

// Relative Frobenius errors ||computed - exact||_F / ||exact||_F: of W, U and O over the rows so far, and of the state.
// NaN if a computed value was not finite, and for 0/0.
struct LayerError {
  double w = 0, u = 0, o = 0, state = 0;
};

struct LayerErrors {
  LayerError whole;                          // over the whole sequence; the state's at its end
  std::vector<int> chunks;                   // 1, 2, 4, ... and all
  std::vector<LayerError> by_chunk;          // over the first of these chunks; the state's after them
  double state_max = 0;                      // largest finite |S_ij| after a chunk
  std::optional<int> first_nonfinite_chunk;  // chunk, from 0 on, in which W, U, O or S is not finite
};

// Collects the errors of one run over a sequence, chunk after chunk.
class LayerErrorCollector {
 public:
  // The truth has chunks of n rows and must outlive the collector.
  LayerErrorCollector(const LayerTruth& truth, int n);

  // The next chunk's outputs (rows beyond the truth's are ignored) and the state after it.
  void add(const ChunkOutputs& outputs, const Matrix& state);

  // Marks the rest of the sequence as not computed: its errors are NaN.
  void abandon();

  const LayerErrors& errors() const { return errors_; }

 private:
  struct Sums {
    double difference = 0, exact = 0;
    double relative() const;
  };
  void add_rows(Sums& sums, const Matrix& computed, const Matrix& exact) const;

  const LayerTruth& truth_;
  int n_, done_ = 0;
  Sums w_, u_, o_;
  LayerErrors errors_;
};

}  // namespace tristab
