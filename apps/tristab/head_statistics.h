// What one head of a layer in a file looks like: its keys, gates and the matrices formed from them, chunk by chunk.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <vector>

#include "tristab/matrix/layer_tensors.h"

namespace tristab {

// Over the chunks that were looked at.
struct HeadStatistics {
  std::int64_t chunks = 0;      // that the head has: every sequence's last one may be short
  std::int64_t seen = 0;        // of them, at equal distances
  std::int64_t non_finite = 0;  // of those seen: inputs or A not finite; left out of everything below

  double smallest_key = std::numeric_limits<double>::infinity(), largest_key = 0;  // |k|
  double cosine_sum = 0;            // of k_i . k_j / (|k_i| |k_j|) over pairs inside a chunk, zero keys left out
  std::int64_t pairs = 0;           // of keys in that sum
  std::vector<double> erase_rates;  // of the rule's DeltaRule::erase_rate, every token's (and channel's)
  std::vector<double> decay;        // g, every token's (and channel's)
  std::vector<double> decay_sums;   // of g over each chunk (and channel)
  double largest_norm = 0;          // ||A||_inf
  std::vector<double> conditions;   // cond_2(I + A), one a chunk
};

// Chunks of `chunk` rows of one head, at most `most` of them. Throws Stopped where `stop` became true.
HeadStatistics head_statistics(const LayerTensors& layer, std::int64_t head, int chunk, std::int64_t most,
                               const std::atomic<bool>& stop);

}  // namespace tristab
