// Kimi Delta Attention (rule/kda.cc) with drawn keys, betas and a log decay for each channel.
#include "tristab/matrix/family/delta_rule.h"

namespace tristab {

Family kda_family() {
  return drawn_family("kda", {.summary = "Kimi Delta Attention with drawn keys, betas and channel decays",
                              .beta = "sigmoid-normal",
                              .decay = "kda-safe"});
}

}  // namespace tristab
