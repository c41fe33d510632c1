// Comba (rule/comba.cc) with drawn keys, betas and decays, and p = feedback k. FLA's kernel normalises p again, which
// is feedback 1; without this the feedback is the sigmoid of a learnt number for each head.
#include "tristab/matrix/family/delta_rule.h"

namespace tristab {

Family comba_family() {
  return drawn_family("comba", {.summary = "Comba with drawn keys, betas and decays",
                                .beta = "sigmoid-normal",
                                .decay = "qwen3-next",
                                .parameters = {Parameter::real("feedback", 1.0, 0, 1, "p = feedback k")},
                                .draw = [](const Settings& settings, const RandomStream&, bool, TokenInputs& head) {
                                  Matrix p = head.keys;
                                  for (double& x : p.values()) x *= settings.real("feedback");
                                  head.parts["p"] = std::move(p);
                                }});
}

}  // namespace tristab
