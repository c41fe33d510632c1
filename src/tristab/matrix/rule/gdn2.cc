// GDN-2: like Kimi Delta Attention, with a channel-wise erase gate b and a write gate w instead of beta:
//   S <- diag(exp g_t) S; u_t = w_t o v_t - S^T (b_t o k_t); S <- S + k_t u_t^T
//   A_ij = sum_d b_id k_id k_jd exp(G_id - G_jd) for i > j
// The bound |X_ij| <= beta_i of the rules with beta does not hold here.
// Source: A. Hatamizadeh, Y. Choi, J. Kautz, Gated DeltaNet-2, arXiv 2605.22791.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn2_rule() {
  return {
      .name = "gdn2",
      .recurrence = "S <- diag(exp g) S; u = w o v - S^T (b o k); S <- S + k u^T",
      .formula = "A_ij = sum_d b_id k_id k_jd exp(G_id - G_jd)",
      .source = "Gated DeltaNet-2, arXiv 2605.22791",
      .decay = DecayWidth::channel,
      .parts = {{"b", PartShape::channel, "erase gate, 0 to 1"}, {"w", PartShape::value, "write gate, 0 to 1", true}},
      .erase_rate = "b",
      .write_gate = "w",
      .factors =
          [](const TokenInputs& x) {
            return GatedFactors{elementwise_product(x.keys, x.part("b")), x.keys, {}, x.log_decay};
          },
      .advance =
          [](const TokenInputs& x, RecurrenceStep& step) {
            step.decay();
            step.read({x.part("b"), x.keys});
            step.subtract_from_gated_values(x.part("w"));
            step.write(x.keys);
          }};
}

}  // namespace tristab
