// Gated DeltaNet: S <- exp(g_t) S, then DeltaNet's step. One log decay g a head.
//   A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j
// Source: S. Yang, J. Kautz, A. Hatamizadeh, Gated Delta Networks, arXiv 2412.06464, section 3.3. DeltaProduct (J. Siems et
// al., arXiv 2502.10297, section 3) is the same on several rows a token, of which only the first decays.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule() {
  return {Rule::gdn,
          "gdn",
          "S <- exp(g) S; u = beta (v - S^T k); S <- S + k u^T",
          "A_ij = beta_i exp(G_i - G_j) k_i . k_j",
          "arXiv 2412.06464, section 3.3",
          [](const TokenInputs& tokens) {
            check_gates(tokens, 1, true);
            return GatedFactors{tokens.keys, tokens.keys, tokens.beta, tokens.log_decay};
          }};
}

}  // namespace tristab
