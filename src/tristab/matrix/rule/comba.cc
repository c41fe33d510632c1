// Comba: u_t = beta_t (v_t - S_{t-1}^T p_t) with the state before its decay; S_t = exp(g_t) S_{t-1} + k_t u_t^T.
//   A_ij = beta_i exp((G_i - g_i) - G_j) p_i . k_j for i > j
// Source: J. Hu et al., Comba, arXiv 2506.02475, section 3; p = k sigmoid(d_h), L2-normalised again in FLA's kernel.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule();

DeltaRule comba_rule() {
  DeltaRule rule = gdn_rule();
  rule.name = "comba";
  rule.recurrence = "u = beta (v - S^T p); S <- exp(g) S + k u^T";
  rule.formula = "A_ij = beta_i exp((G_i - g_i) - G_j) p_i . k_j";
  rule.source = "arXiv 2506.02475, section 3";
  rule.parts.push_back({"p", PartShape::key, "the key that reads the state", false, PlainPart::keys});
  rule.factors = [](const TokenInputs& x) {
    return GatedFactors{x.part("p"), x.keys, x.part("beta").values(), x.log_decay, true};
  };
  rule.advance = [](const TokenInputs& x, RecurrenceStep& step) {
    step.read(x.part("p"));
    step.subtract_from_values();
    step.scale(x.part("beta"));
    step.decay();
    step.write(x.keys);
  };
  return rule;
}

}  // namespace tristab
