// A_ij = -sum_d a_id b_jd exp((G_id - g_id) - G_jd) for i > j with a = -khat, b = khat o eta: RWKV-7's diagonal plus low
// rank transition. khat: drawn keys; eta = sigmoid(rate_mean + x_td); k = khat o eta; g = -0.6065 sigmoid(x_td - 1),
// inside (-exp(-1/2), 0), which the model's gate cannot leave.
// Source: B. Peng et al., RWKV-7 "Goose", arXiv 2503.14456, section 4.
#include "tristab/base/elementary.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

constexpr double fastest_decay = 0.60653065971263342;  // exp(-1/2)

TokenInputs generate_tokens(const Settings& settings, int rows, const RandomStream& random,
                            bool with_outputs) {
  TokenInputs head = generate_head(settings, Rule::dplr, rows, random, with_outputs, true);
  const int dim = head.keys.columns();
  head.scaled_queries = false;
  head.removal = head.correction = head.keys;
  for (double& x : head.removal.values()) x = -x;
  const Matrix rate = normal_matrix(rows, dim, random.part("rate"));
  for (std::size_t i = 0; i < rate.values().size(); ++i)
    head.correction.values()[i] *= sigmoid(settings.real("rate_mean") + rate.values()[i]);
  head.keys = head.correction;
  head.log_decay = normal_matrix(rows, dim, random.part("decay"));
  for (double& g : head.log_decay.values()) g = -fastest_decay * sigmoid(g - 1);
  return head;
}

}  // namespace

Family rwkv7_family() {
  return drawn_family(
      {.name = "rwkv7",
       .summary = "RWKV-7 (DPLR) with drawn keys, learning rates and channel decays",
       .formula = "A_ij = sum_d khat_id khat_jd eta_jd exp((G_id - g_id) - G_jd) for i > j",
       .source = "arXiv 2503.14456, section 4",
       .parameters = {Parameter::real("rate_mean", 0.0, -100, 100,
                                      "mean of the logit of eta, the in-context learning rate")}},
      std::nullopt, std::nullopt, generate_tokens);
}

}  // namespace tristab
