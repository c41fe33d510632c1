// Diagonal plus low rank: S_t = diag(exp g_t) S_{t-1} + b_t (a_t^T S_{t-1}) + k_t v_t^T.
//   A_ij = - sum_d a_id b_jd exp((G_id - g_id) - G_jd) for i > j
// (the papers invert I - A_ab; A = -A_ab).
// Source: B. Peng et al., RWKV-7 "Goose", arXiv 2503.14456, section 4, in its general form;
// flash-linear-attention, fla/ops/generalized_delta_rule/dplr.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule dplr_rule() {
  return {.name = "dplr",
          .recurrence = "S <- diag(exp g) S + b (a^T S) + k v^T",
          .formula = "A_ij = -sum_d a_id b_jd exp((G_id - g_id) - G_jd)",
          .source = "arXiv 2503.14456, section 4",
          .decay = DecayWidth::channel,
          .parts = {{"a", PartShape::channel, "the vector that reads the state"},
                    {"b", PartShape::channel, "the vector along which the read values are written"}},
          .factors =
              [](const TokenInputs& x) {
                GatedFactors factors{x.part("a"), x.part("b"), {}, x.log_decay, true};
                for (double& value : factors.left.values()) value = -value;
                return factors;
              },
          .advance =
              [](const TokenInputs& x, RecurrenceStep& step) {
                step.read(x.part("a"));
                step.decay();
                step.write(x.part("b"));
                step.write_values(x.keys);
              }};
}

}  // namespace tristab
