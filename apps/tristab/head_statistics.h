// Statistics of one head of a layer in a file: its keys, gates and the matrices formed from them, chunk by chunk.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "tristab/matrix/layer_tensors.h"

namespace tristab {

// Over the chunks that were examined.
struct HeadStatistics {
  std::int64_t chunks = 0;      // of the head; the last one of each sequence may be short
  std::int64_t seen = 0;        // examined ones, evenly spaced
  std::int64_t non_finite = 0;  // of those seen: inputs or A are not finite; not counted below

  double smallest_key = std::numeric_limits<double>::infinity(), largest_key = 0;  // |k|
  double cosine_sum = 0;            // of k_i . k_j / (|k_i| |k_j|) over pairs inside a chunk, zero keys left out
  std::int64_t pairs = 0;           // of keys in that sum
  std::vector<double> erase_rates;  // of the rule's DeltaRule::erase_rate, every token's (and channel's)
  std::vector<double> decay;        // g, every token's (and channel's)
  std::vector<double> decay_sums;   // of g over each chunk (and channel)
  double largest_norm = 0;          // ||A||_inf
  std::vector<double> conditions;   // cond_2(I + A), one a chunk
};

// Examines at most `most` chunks of `chunk` rows of one head.
HeadStatistics head_statistics(const LayerTensors& layer, std::int64_t head, int chunk, std::int64_t most);

}  // namespace tristab
