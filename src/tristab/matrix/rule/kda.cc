// Kimi Delta Attention: S <- diag(exp g_t) S, then DeltaNet's step. One log decay a key channel.
//   A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd) for i > j
// Source: Kimi Linear, arXiv 2510.26692, section 3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule kda_rule() {
  return {Rule::kda,
          "kda",
          "S <- diag(exp g) S; u = beta (v - S^T k); S <- S + k u^T",
          "A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd)",
          "arXiv 2510.26692, section 3",
          [](const TokenInputs& tokens) {
            check_gates(tokens, -1, true);
            return GatedFactors{tokens.keys, tokens.keys, tokens.beta, tokens.log_decay};
          }};
}

}  // namespace tristab
