// GDN-2: as Kimi Delta Attention with a channel-wise erase gate b and a write gate w in place of beta:
//   S <- diag(exp g_t) S; u_t = w_t o v_t - S^T (b_t o k_t); S <- S + k_t u_t^T
//   A_ij = sum_d b_id k_id k_jd exp(G_id - G_jd) for i > j
// Source: GDN-2 as families.md section 1 states it. (|X_ij| <= beta_i of the rules above does not hold here.)
#include <stdexcept>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn2_rule() {
  return {Rule::gdn2,
          "gdn2",
          "S <- diag(exp g) S; u = w o v - S^T (b o k); S <- S + k u^T",
          "A_ij = sum_d b_id k_id k_jd exp(G_id - G_jd)",
          "Gated DeltaNet-2, arXiv 2605.22791",
          [](const TokenInputs& tokens) {
            check_gates(tokens, -1, false);
            const Matrix &keys = tokens.keys, &erase = tokens.erase_gate;
            if (erase.rows() != keys.rows() || erase.columns() != keys.columns())
              throw std::logic_error("one erase gate a key and channel");
            Matrix left = keys;
            for (std::size_t i = 0; i < left.values().size(); ++i) left.values()[i] *= erase.values()[i];
            return GatedFactors{std::move(left), keys, {}, tokens.log_decay};
          }};
}

}  // namespace tristab
