// DeltaProduct: `steps` Householder steps a token, interleaved to `steps` rows of the Gated DeltaNet formula; the log decay
// is non-zero at a token's first step alone, beta in (0, 2) by default.
// Source: J. Siems et al., DeltaProduct, arXiv 2502.10297, section 3.
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

TokenInputs generate_tokens(const Settings& settings, int rows, const RandomStream& random,
                            bool with_outputs) {
  TokenInputs head = generate_head(settings, Rule::gdn, rows, random, with_outputs, false);
  head.steps = static_cast<int>(settings.integer("steps"));
  for (int i = 0; i < rows; ++i) {
    if (i % head.steps != 0) head.log_decay(i, 0) = 0;
    if (with_outputs && i % head.steps != head.steps - 1) {  // outputs are read after a token's last step
      for (int d = 0; d < head.queries.columns(); ++d) head.queries(i, d) = 0;
    }
  }
  return head;
}

}  // namespace

Family delta_product_family() {
  Family family =
      drawn_family({.name = "delta-product",
                    .summary = "DeltaProduct: Gated DeltaNet with several Householder steps a token",
                    .formula = "A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j, g = 0 but at first steps",
                    .source = "arXiv 2502.10297, section 3",
                    .parameters = {Parameter::integer("steps", 2, 1, 8, "Householder steps a token")}},
                   beta_choice("sigmoid-normal"), decay_choice("qwen3-next"), generate_tokens);
  for (Parameter& parameter : family.description.parameters) {
    if (parameter.name == "negative") parameter.default_value = true;
  }
  return family;
}

}  // namespace tristab
