// DeltaNet: S_t = S_{t-1} + k_t u_t^T with u_t = beta_t (v_t - S_{t-1}^T k_t), o_t = S_t^T q_t.
//   A_ij = beta_i k_i . k_j for i > j
// Source: S. Yang, B. Wang, Y. Zhang, Y. Shen, Y. Kim, Parallelizing Linear Transformers with the Delta Rule over Sequence
// Length, arXiv 2406.06484, section 3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule delta_net_rule() {
  return {Rule::delta_net,
          "delta-net",
          "u = beta (v - S^T k); S <- S + k u^T",
          "A_ij = beta_i k_i . k_j",
          "arXiv 2406.06484, section 3",
          [](const TokenInputs& tokens) {
            check_gates(tokens, 0, true);
            return GatedFactors{tokens.keys, tokens.keys, tokens.beta, tokens.log_decay};
          }};
}

}  // namespace tristab
