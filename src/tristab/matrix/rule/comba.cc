// Comba: u_t = beta_t (v_t - S_{t-1}^T p_t) with the state before its decay; S_t = exp(g_t) S_{t-1} + k_t u_t^T.
//   A_ij = beta_i exp((G_i - g_i) - G_j) p_i . k_j for i > j
// Source: J. Hu et al., Comba, arXiv 2506.02475, section 3; p = k sigmoid(d_h), L2-normalised again in FLA's kernel.
#include <stdexcept>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule comba_rule() {
  return {Rule::comba,
          "comba",
          "u = beta (v - S^T p); S <- exp(g) S + k u^T",
          "A_ij = beta_i exp((G_i - g_i) - G_j) p_i . k_j",
          "arXiv 2506.02475, section 3",
          [](const TokenInputs& tokens) {
            check_gates(tokens, 1, true);
            const Matrix& p = tokens.prediction_keys;
            if (p.rows() != tokens.rows() || p.columns() != tokens.keys.columns())
              throw std::logic_error("one p a key, of its size");
            return GatedFactors{p, tokens.keys, tokens.beta, tokens.log_decay, true};
          }};
}

}  // namespace tristab
