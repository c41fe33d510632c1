// A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j, G the inclusive cumulative sum of the log decay inside
// the chunk, with drawn keys, betas and decays. Source: Yang, Kautz, Hatamizadeh, Gated Delta Networks, arXiv
// 2412.06464, section 3.3.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {

Family gdn_family() {
  return drawn_family({.name = "gdn",
                       .summary = "Gated DeltaNet with drawn keys, betas and decays",
                       .formula = "A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j, G_i = g_1 + ... + g_i",
                       .source = "arXiv 2412.06464, section 3.3",
                       .parameters = {}},
                      beta_choice("qwen3-next"), decay_choice("qwen3-next"),
                      [](const Settings& settings, int rows, const RandomStream& random, bool with_outputs) {
                        return generate_head(settings, Rule::gdn, rows, random, with_outputs, false);
                      });
}

}  // namespace tristab
