// RWKV-7: diagonal plus low rank with a = -khat, b = khat o eta, eta the in-context learning rate; queries are not
// scaled.
//   A_ij = sum_d khat_id (khat_jd eta_jd) exp((G_id - g_id) - G_jd) for i > j
// Source: B. Peng et al., RWKV-7 "Goose", arXiv 2503.14456, section 4.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule dplr_rule();

DeltaRule rwkv7_rule() {
  DeltaRule rule = dplr_rule();
  rule.name = "rwkv7";
  rule.recurrence = "S <- diag(exp g) S - (khat o eta) (khat^T S) + k v^T";
  rule.formula = "A_ij = sum_d khat_id khat_jd eta_jd exp((G_id - g_id) - G_jd)";
  rule.parts = {{"khat", PartShape::key, "normalised removal key"},
                {"eta", PartShape::channel, "in-context learning rate, 0 to 1"}};
  rule.decay_bound = -0.60653065971263342;  // -exp(-1/2)
  rule.key_part = "khat";
  rule.erase_rate = "eta";
  rule.scaled_queries = false;
  rule.complete = [](TokenInputs& x) {
    x.parts["b"] = elementwise_product(x.part("khat"), x.part("eta"));
    Matrix a = x.part("khat");
    for (double& value : a.values()) value = -value;
    x.parts["a"] = std::move(a);
  };
  return rule;
}

}  // namespace tristab
