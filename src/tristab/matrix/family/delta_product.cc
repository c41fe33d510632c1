// DeltaProduct (rule/delta_product.cc) with `steps` Householder steps a token, interleaved. The log decay is non-zero
// only at a token's first step; beta is in (0, 2) by default.
#include "tristab/matrix/family/delta_rule.h"

namespace tristab {

Family delta_product_family() {
  Family family = drawn_family(
      "delta-product",
      {.summary = "DeltaProduct: Gated DeltaNet with several Householder steps a token",
       .beta = "sigmoid-normal",
       .decay = "qwen3-next",
       .parameters = {Parameter::integer("steps", 2, 1, 8, "Householder steps a token")},
       .draw = [](const Settings& settings, const RandomStream&, bool with_outputs, TokenInputs& head) {
         head.steps = static_cast<int>(settings.integer("steps"));
         for (int i = 0; i < head.rows(); ++i) {
           if (i % head.steps != 0) head.log_decay(i, 0) = 0;
           if (with_outputs && i % head.steps != head.steps - 1) {  // outputs are read after a token's last step
             for (int d = 0; d < head.queries.columns(); ++d) head.queries(i, d) = 0;
           }
         }
       }});
  for (Parameter& parameter : family.description.parameters) {
    if (parameter.name == "negative") parameter.default_value = true;
  }
  return family;
}

}  // namespace tristab
