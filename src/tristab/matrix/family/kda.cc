// A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd) for i > j, with drawn keys, betas and a log decay for each channel.
// Source: Kimi Linear, arXiv 2510.26692, section 3.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {

Family kda_family() {
  const ModelChoice beta = beta_choice("sigmoid-normal"), decay = decay_choice("kda-safe");
  return {.description = {.name = "kda",
                          .summary = "Kimi Delta Attention with drawn keys, betas and channel decays",
                          .formula = "A_ij = beta_i sum_d k_id k_jd exp(G_id - G_jd) for i > j",
                          .source = "arXiv 2510.26692, section 3",
                          .parameters = delta_rule_parameters(key_choice(), &beta, &decay)},
          .random = true,
          .generate_tokens =
              [](const Settings& settings, int rows, const RandomStream& random, bool with_outputs) {
                return generate_head(settings, Rule::kda, rows, random, with_outputs, true);
              },
          .settle =
              [](Json& settings, std::string_view place) {
                const ModelChoice betas = beta_choice("sigmoid-normal"), decays = decay_choice("kda-safe");
                settle_models(settings, place, &betas, &decays);
              }};
}

}  // namespace tristab
