// DeltaProduct: several Householder steps a token, each in a separate row. They follow Gated DeltaNet (without g:
// DeltaNet); only the first step of a token decays.
//   A_ij = beta_i exp(G_i - G_j) k_i . k_j for i > j
// Source: J. Siems et al., DeltaProduct, arXiv 2502.10297, section 3.
#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule gdn_rule();

DeltaRule delta_product_rule() {
  DeltaRule rule = gdn_rule();
  rule.name = "delta-product";
  rule.source = "arXiv 2502.10297, section 3";
  rule.decay_optional = true;
  rule.several_steps = true;
  return rule;
}

}  // namespace tristab
