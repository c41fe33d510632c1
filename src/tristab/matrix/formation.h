// How A is formed from keys, betas and log decays inside one chunk, in double (formation "exact").
#pragma once

#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

// What one chunk of n tokens of one head holds.
struct ChunkInputs {
  Matrix keys;               // n x head_dim
  std::vector<double> beta;  // n
  Matrix log_decay;  // per token: n x 0 (no decay), n x 1 (one gate a head), n x head_dim (one a channel)
};

// DeltaNet (Yang et al., Parallelizing Linear Transformers with the Delta Rule, arXiv 2406.06484, section 3):
//   A_ij = beta_i k_i . k_j for i > j, else 0.   keys n x d, beta n; result n x n.
Matrix delta_net_matrix(const Matrix& keys, const std::vector<double>& beta);

// Gated DeltaNet (Yang, Kautz, Hatamizadeh, arXiv 2412.06464, section 3.3):
//   A_ij = beta_i exp(G_i - G_j) k_i . k_j, G the inclusive cumulative sum of log_decay (n x 1) from the
//   first row on.
Matrix gated_delta_net_matrix(const Matrix& keys, const std::vector<double>& beta, const Matrix& log_decay);

// Kimi Delta Attention (Kimi Linear, arXiv 2510.26692, section 3):
//   A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd), log_decay n x d.
Matrix kimi_delta_matrix(const Matrix& keys, const std::vector<double>& beta, const Matrix& log_decay);

// Whichever of the three the width of log_decay says.
Matrix delta_rule_matrix(const ChunkInputs& inputs);

}  // namespace tristab
