// DeltaNet: S_t = S_{t-1} + k_t u_t^T with u_t = beta_t (v_t - S_{t-1}^T k_t), o_t = S_t^T q_t.
//   A_ij = beta_i k_i . k_j for i > j
// Source: S. Yang, B. Wang, Y. Zhang, Y. Shen, Y. Kim, Parallelizing Linear Transformers with the Delta Rule
// over Sequence Length, arXiv 2406.06484, section 3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule delta_net_rule() {
  return {.name = "delta-net",
          .recurrence = "u = beta (v - S^T k); S <- S + k u^T",
          .formula = "A_ij = beta_i k_i . k_j",
          .source = "arXiv 2406.06484, section 3",
          .parts = {{"beta", PartShape::scalar, "write strength, 0 to 1; to 2 with negative eigenvalues"}},
          .erase_rate = "beta",
          .write_gate = "beta",
          .factors =
              [](const TokenInputs& x) {
                return GatedFactors{x.keys, x.keys, x.part("beta").values(), x.log_decay};
              },
          .advance =
              [](const TokenInputs& x, RecurrenceStep& step) {
                step.read(x.keys);
                step.subtract_from_values();
                step.scale(x.part("beta"));
                step.write(x.keys);
              }};
}

}  // namespace tristab
