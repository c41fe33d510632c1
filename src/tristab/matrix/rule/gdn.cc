// Gated DeltaNet: S <- exp(g_t) S, then DeltaNet's step. One log decay g a head.
//   A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j
// Source: S. Yang, J. Kautz, A. Hatamizadeh, Gated Delta Networks, arXiv 2412.06464, section 3.3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule() {
  return {.name = "gdn",
          .recurrence = "S <- exp(g) S; u = beta (v - S^T k); S <- S + k u^T",
          .formula = "A_ij = beta_i exp(G_i - G_j) k_i . k_j",
          .source = "arXiv 2412.06464, section 3.3",
          .decay = DecayWidth::head,
          .parts = {{"beta", PartShape::scalar, "write strength, 0 to 1; to 2 with negative eigenvalues"}},
          .erase_rate = "beta",
          .write_gate = "beta",
          .factors =
              [](const TokenInputs& x) {
                return GatedFactors{x.keys, x.keys, x.part("beta").values(), x.log_decay};
              },
          .advance =
              [](const TokenInputs& x, RecurrenceStep& step) {
                step.decay();
                step.read(x.keys);
                step.subtract_from_values();
                step.scale(x.part("beta"));
                step.write(x.keys);
              }};
}

}  // namespace tristab
