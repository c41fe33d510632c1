// Preconditioned Gated DeltaNet and Kimi Delta Attention: the state is read with k and written with M o k. M
// approximates, channel by channel, the inverse curvature of the least-squares problem that the state solves.
//   A_ij = beta_i sum_d k_id M_jd k_jd exp(G_id - G_jd) for i > j
// Left and right keys differ, so the bound |X_ij| <= beta_i of one key does not hold here.
// Source: N. Tumma, N. Loo, D. Rus, Preconditioned DeltaNet, arXiv 2604.21100; flash-linear-attention PR 950,
// fla/ops/precond_gated_delta_rule and fla/ops/precond_kda.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule();

DeltaRule pgdn_rule() {
  DeltaRule rule = gdn_rule();
  rule.name = "pgdn";
  rule.recurrence = "S <- exp(g) S; u = beta (v - S^T k); S <- S + (m o k) u^T";
  rule.formula = "A_ij = beta_i exp(G_i - G_j) k_i . (m_j o k_j)";
  rule.source = "arXiv 2604.21100; flash-linear-attention PR 950";
  rule.parts.push_back({"m", PartShape::channel, "preconditioner, 2/3 to 3/2 in the models", false, PlainPart::ones});
  rule.factors = [](const TokenInputs& x) {
    return GatedFactors{x.keys, elementwise_product(x.keys, x.part("m")), x.part("beta").values(), x.log_decay};
  };
  rule.advance = [](const TokenInputs& x, RecurrenceStep& step) {
    step.decay();
    step.read(x.keys);
    step.subtract_from_values();
    step.scale(x.part("beta"));
    step.write({x.part("m"), x.keys});
  };
  return rule;
}

DeltaRule pkda_rule() {
  DeltaRule rule = pgdn_rule();
  rule.name = "pkda";
  rule.recurrence = "S <- diag(exp g) S; u = beta (v - S^T k); S <- S + (m o k) u^T";
  rule.formula = "A_ij = beta_i sum_d k_id m_jd k_jd exp(G_id - G_jd)";
  rule.decay = DecayWidth::channel;
  return rule;
}

}  // namespace tristab
