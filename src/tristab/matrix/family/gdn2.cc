// GDN-2 (rule/gdn2.cc) with drawn keys and channel decays, erase gates b = sigmoid(erase_mean + x_td) and, for outputs,
// write gates w = sigmoid(x_td), x ~ N(0, 1).
#include "tristab/base/elementary.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

Matrix gates(double mean, int rows, int columns, const RandomStream& random) {
  Matrix values = normal_matrix(rows, columns, random);
  for (double& x : values.values()) x = sigmoid(mean + x);
  return values;
}

}  // namespace

Family gdn2_family() {
  return drawn_family(
      "gdn2", {.summary = "GDN-2 with drawn keys, channel-wise erase gates and channel decays",
               .decay = "kda-safe",
               .parameters = {Parameter::real("erase_mean", 0.0, -100, 100, "mean of the erase gate's logit")},
               .draw = [](const Settings& settings, const RandomStream& random, bool with_outputs, TokenInputs& head) {
                 const int rows = head.rows(), dim = head.keys.columns();
                 head.parts["b"] = gates(settings.real("erase_mean"), rows, dim, random.part("erase"));
                 if (with_outputs) head.parts["w"] = gates(0, rows, dim, random.part("write"));
               }});
}

}  // namespace tristab
