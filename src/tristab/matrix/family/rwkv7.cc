// RWKV-7 (rule/rwkv7.cc) with drawn keys khat, eta = sigmoid(rate_mean + x_td), k = khat o eta and g = -0.6065
// sigmoid(x_td - 1), x ~ N(0, 1). g lies inside (-exp(-1/2), 0), the range of the model's gate.
#include "tristab/base/elementary.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

void draw(const Settings& settings, const RandomStream& random, bool, TokenInputs& head) {
  const int rows = head.rows(), dim = head.keys.columns();
  Matrix rate = normal_matrix(rows, dim, random.part("rate"));
  for (double& x : rate.values()) x = sigmoid(settings.real("rate_mean") + x);
  head.parts["khat"] = head.keys;
  head.parts["eta"] = std::move(rate);
  head.rule->complete(head);
  head.keys = elementwise_product(head.part("khat"), head.part("eta"));
  head.log_decay = normal_matrix(rows, dim, random.part("decay"));
  for (double& g : head.log_decay.values()) g = *head.rule->decay_bound * sigmoid(g - 1);
}

}  // namespace

Family rwkv7_family() {
  return drawn_family("rwkv7",
                      {.summary = "RWKV-7 (DPLR) with drawn keys, learning rates and channel decays",
                       .parameters = {Parameter::real("rate_mean", 0.0, -100, 100,
                                                      "mean of the logit of eta, the in-context learning rate")},
                       .draw = draw});
}

}  // namespace tristab
