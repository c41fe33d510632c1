// Kimi Delta Attention: S <- diag(exp g_t) S, then DeltaNet's step. One log decay a key channel.
//   A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd) for i > j
// Source: Kimi Linear, arXiv 2510.26692, section 3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule();

DeltaRule kda_rule() {
  DeltaRule rule = gdn_rule();
  rule.name = "kda";
  rule.recurrence = "S <- diag(exp g) S; u = beta (v - S^T k); S <- S + k u^T";
  rule.formula = "A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd)";
  rule.source = "arXiv 2510.26692, section 3";
  rule.decay = DecayWidth::channel;
  return rule;
}

}  // namespace tristab
