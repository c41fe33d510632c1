// Gated DeltaNet (rule/gdn.cc) with drawn keys, betas and decays.
#include "tristab/matrix/family/delta_rule.h"

namespace tristab {

Family gdn_family() {
  return drawn_family(
      "gdn",
      {.summary = "Gated DeltaNet with drawn keys, betas and decays", .beta = "qwen3-next", .decay = "qwen3-next"});
}

}  // namespace tristab
