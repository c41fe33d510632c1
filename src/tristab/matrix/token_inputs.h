// What one head of a delta-rule layer takes in, token by token.
#pragma once

#include <string_view>
#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// The recurrences that rule/*.cc define. RWKV-7 is DPLR, DeltaProduct is Gated DeltaNet with several rows a token.
enum class Rule { delta_net, gdn, kda, gdn2, dplr, comba };

// One row a step. What a rule has no use for has no columns (vectors: no elements).
struct TokenInputs {
  Rule rule = Rule::delta_net;
  Matrix keys;                 // n x d_k
  std::vector<double> beta;    // n; empty in GDN-2 and DPLR
  Matrix log_decay;            // n x 0 (no decay), n x 1 (one gate a head), n x d_k (one a channel)
  Matrix queries;              // n x d_k, not scaled; n x 0 where there are none
  Matrix values;               // n x d_v; n x 0 where there are none
  Matrix erase_gate;           // GDN-2's b, n x d_k
  Matrix write_gate;           // GDN-2's w, n x d_v; n x 0: all ones
  Matrix removal, correction;  // DPLR's a and b, n x d_k
  Matrix prediction_keys;      // Comba's p, n x d_k
  int steps = 1;               // Householder steps (rows) a token; outputs are read after the last of them
  bool scaled_queries = true;  // outputs use q d_k^-1/2; false (RWKV-7): q itself

  int rows() const { return keys.rows(); }
};

// `count` rows from `first` on, followed by rows of zeros (no key, no write, no decay) up to `rows`.
TokenInputs token_rows(const TokenInputs& tokens, int first, int count, int rows);

// G_i = g_1 + ... + g_i, channel by channel, summed in that order.
Matrix running_sums(const Matrix& log_decay);

}  // namespace tristab
