// A_ij = beta_i k_i . k_j for i > j, with drawn keys and betas.
// Source: Yang, Wang, Zhang, Shen, Kim, Parallelizing Linear Transformers with the Delta Rule over Sequence
// Length, arXiv 2406.06484, section 3; beta in (0, 2): Grazzi et al., arXiv 2411.12537.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {

Family delta_net_family() {
  const ModelChoice keys = key_choice(), beta = beta_choice("sigmoid-normal");
  return {.description = {.name = "delta-net",
                          .summary = "DeltaNet with drawn keys and betas",
                          .formula = "A_ij = beta_i k_i . k_j for i > j",
                          .source = "arXiv 2406.06484, section 3",
                          .parameters = delta_rule_parameters(keys, beta, nullptr)},
          .random = true,
          .generate =
              [](const Settings& settings, int n, const RandomStream& random) {
                return delta_rule_matrix(generate_chunk(settings, n, random));
              },
          .settle =
              [](Json& settings, std::string_view place) {
                settle(key_choice(), settings, place);
                settle(beta_choice("sigmoid-normal"), settings, place);
              }};
}

}  // namespace tristab
