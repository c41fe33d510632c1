// The inputs of one head of a delta-rule layer, token by token.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/matrix/matrix.h"

namespace tristab {

struct DeltaRule;

// One row for each step. Inputs that the rule does not use have no columns or are absent.
struct TokenInputs {
  const DeltaRule* rule = nullptr;
  Matrix keys;                                       // n x d_k
  Matrix log_decay;                                  // n x 0 (no decay), n x 1 (one a head), n x d_k (one a channel)
  Matrix queries;                                    // n x d_k, not scaled; n x 0 if there are none
  Matrix values;                                     // n x d_v; n x 0 if there are none
  std::map<std::string, Matrix, std::less<>> parts;  // the rule's other inputs, by the names of DeltaRule::parts
  int steps = 1;  // Householder steps (rows) a token; outputs are read after the last of them

  int rows() const { return keys.rows(); }
  // All of them, in the order above.
  std::vector<Matrix*> matrices();
  std::vector<const Matrix*> matrices() const;
  // Throws std::logic_error if there is no part of that name.
  const Matrix& part(std::string_view name) const;
};

// `count` rows from `first` on, then zero rows (no key, no write, no decay) up to `rows`.
TokenInputs token_rows(const TokenInputs& tokens, int first, int count, int rows);

// G_i = g_1 + ... + g_i, channel by channel, summed in that order.
Matrix running_sums(const Matrix& log_decay);

}  // namespace tristab
