// DeltaNet, which is Gated DeltaNet without decay: S_t = S_{t-1} + k_t u_t^T with u_t = beta_t (v_t - S_{t-1}^T k_t),
// o_t = S_t^T q_t.
//   A_ij = beta_i k_i . k_j for i > j
// Source: S. Yang, B. Wang, Y. Zhang, Y. Shen, Y. Kim, Parallelizing Linear Transformers with the Delta Rule over
// Sequence Length, arXiv 2406.06484, section 3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule();

DeltaRule delta_net_rule() {
  DeltaRule rule = gdn_rule();
  rule.name = "delta-net";
  rule.recurrence = "u = beta (v - S^T k); S <- S + k u^T";
  rule.formula = "A_ij = beta_i k_i . k_j";
  rule.source = "arXiv 2406.06484, section 3";
  rule.decay = DecayWidth::none;
  return rule;
}

}  // namespace tristab
