// A_ij = beta_i exp((G_i - g_i) - G_j) p_i . k_j for i > j, p = feedback k: with drawn keys, betas and decays. FLA's kernel
// normalises p again, which is feedback 1; without that it is the sigmoid of a learnt number of the head.
// Source: J. Hu et al., Comba, arXiv 2506.02475, section 3.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

TokenInputs generate_tokens(const Settings& settings, int rows, const RandomStream& random,
                            bool with_outputs) {
  TokenInputs head = generate_head(settings, Rule::comba, rows, random, with_outputs, false);
  head.prediction_keys = head.keys;
  for (double& x : head.prediction_keys.values()) x *= settings.real("feedback");
  return head;
}

}  // namespace

Family comba_family() {
  return drawn_family({.name = "comba",
                       .summary = "Comba with drawn keys, betas and decays",
                       .formula = "A_ij = beta_i exp((G_i - g_i) - G_j) p_i . k_j for i > j",
                       .source = "arXiv 2506.02475, section 3",
                       .parameters = {Parameter::real("feedback", 1.0, 0, 1, "p = feedback k")}},
                      beta_choice("sigmoid-normal"), decay_choice("qwen3-next"), generate_tokens);
}

}  // namespace tristab
