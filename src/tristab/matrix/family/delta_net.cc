// DeltaNet (rule/delta_net.cc) with drawn keys and betas; beta in (0, 2): Grazzi et al., arXiv 2411.12537.
#include "tristab/matrix/family/delta_rule.h"

namespace tristab {

Family delta_net_family() {
  return drawn_family("delta-net", {.summary = "DeltaNet with drawn keys and betas", .beta = "sigmoid-normal"});
}

}  // namespace tristab
