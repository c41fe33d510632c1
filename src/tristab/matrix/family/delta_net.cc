// A_ij = beta_i k_i . k_j for i > j, with drawn keys and betas.
// Source: Yang, Wang, Zhang, Shen, Kim, Parallelizing Linear Transformers with the Delta Rule over Sequence
// Length, arXiv 2406.06484, section 3; beta in (0, 2): Grazzi et al., arXiv 2411.12537.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {

Family delta_net_family() {
  return drawn_family({.name = "delta-net",
                       .summary = "DeltaNet with drawn keys and betas",
                       .formula = "A_ij = beta_i k_i . k_j for i > j",
                       .source = "arXiv 2406.06484, section 3",
                       .parameters = {}},
                      beta_choice("sigmoid-normal"), std::nullopt,
                      [](const Settings& settings, int rows, const RandomStream& random, bool with_outputs) {
                        return generate_head(settings, Rule::delta_net, rows, random, with_outputs, false);
                      });
}

}  // namespace tristab
