// A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd) for i > j, with drawn keys, betas and a log decay for each channel.
// Source: Kimi Linear, arXiv 2510.26692, section 3.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {

Family kda_family() {
  return drawn_family({.name = "kda",
                       .summary = "Kimi Delta Attention with drawn keys, betas and channel decays",
                       .formula = "A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd) for i > j",
                       .source = "arXiv 2510.26692, section 3",
                       .parameters = {}},
                      beta_choice("sigmoid-normal"), decay_choice("kda-safe"),
                      [](const Settings& settings, int rows, const RandomStream& random, bool with_outputs) {
                        return generate_head(settings, Rule::kda, rows, random, with_outputs, true);
                      });
}

}  // namespace tristab
