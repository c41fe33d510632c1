// What one head of a delta-rule layer takes in, token by token.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tristab/matrix/matrix.h"

namespace tristab {

struct DeltaRule;

// One row a step. What a rule has no use for has no columns or is absent.
struct TokenInputs {
  const DeltaRule* rule = nullptr;
  Matrix keys;                                       // n x d_k
  Matrix log_decay;                                  // n x 0 (no decay), n x 1 (one a head), n x d_k (one a channel)
  Matrix queries;                                    // n x d_k, not scaled; n x 0 where there are none
  Matrix values;                                     // n x d_v; n x 0 where there are none
  std::map<std::string, Matrix, std::less<>> parts;  // what else the rule reads, by the names of DeltaRule::parts
  int steps = 1;  // Householder steps (rows) a token; outputs are read after the last of them

  int rows() const { return keys.rows(); }
  // Throws std::logic_error where there is none of that name.
  const Matrix& part(std::string_view name) const;
};

// `count` rows from `first` on, followed by rows of zeros (no key, no write, no decay) up to `rows`.
TokenInputs token_rows(const TokenInputs& tokens, int first, int count, int rows);

// G_i = g_1 + ... + g_i, channel by channel, summed in that order.
Matrix running_sums(const Matrix& log_decay);

}  // namespace tristab
