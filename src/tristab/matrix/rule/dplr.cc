// Diagonal plus low rank, RWKV-7 among them: S_t = diag(exp g_t) S_{t-1} + b_t (a_t^T S_{t-1}) + k_t v_t^T.
//   A_ij = - sum_d a_id b_jd exp((G_id - g_id) - G_jd) for i > j
// (the papers invert I - A_ab; A = -A_ab). RWKV-7: a = -khat, b = khat o eta with the in-context learning rate eta.
// Source: B. Peng et al., RWKV-7 "Goose", arXiv 2503.14456, section 4; families.md section 1.
#include <stdexcept>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule dplr_rule() {
  return {Rule::dplr,
          "dplr",
          "S <- diag(exp g) S + b (a^T S) + k v^T",
          "A_ij = -sum_d a_id b_jd exp((G_id - g_id) - G_jd)",
          "arXiv 2503.14456, section 4",
          [](const TokenInputs& tokens) {
            check_gates(tokens, -1, false);
            const Matrix &a = tokens.removal, &b = tokens.correction;
            if (a.rows() != tokens.rows() || b.rows() != tokens.rows() ||
                a.columns() != tokens.keys.columns() || b.columns() != tokens.keys.columns())
              throw std::logic_error("a and b are n x d_k");
            GatedFactors factors{a, b, {}, tokens.log_decay};
            for (double& x : factors.left.values()) x = -x;
            factors.left_before_decay = true;
            return factors;
          }};
}

}  // namespace tristab
