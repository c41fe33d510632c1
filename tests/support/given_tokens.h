// Tokens whose A is any given matrix, with one decay for all tokens.
#pragma once

#include "tristab/matrix/rule/rule.h"

namespace tristab {

// A_ij = ungated_ij exp(g (i - j)): the rows of `ungated` times those of the identity.
inline TokenInputs given_tokens(const Matrix& ungated, double g) {
  static const DeltaRule rule{.name = "given",
                              .recurrence = "",
                              .formula = "A as given, times the decay",
                              .source = "",
                              .decay = DecayWidth::head,
                              .parts = {{"A", PartShape::channel, "the rows of A without decay"}},
                              .factors = [](const TokenInputs& x) {
                                return GatedFactors{x.part("A"), x.keys, {}, x.log_decay};
                              }};
  const int n = ungated.rows();
  TokenInputs tokens;
  tokens.rule = &rule;
  tokens.keys = Matrix(n, n);
  tokens.log_decay = Matrix(n, 1);
  for (int i = 0; i < n; ++i) {
    tokens.keys(i, i) = 1;
    tokens.log_decay(i, 0) = g;
  }
  tokens.parts["A"] = ungated;
  return tokens;
}

}  // namespace tristab
