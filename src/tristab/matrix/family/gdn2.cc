// A_ij = sum_d b_id k_id k_jd exp(G_id - G_jd) for i > j, with drawn keys, channel-wise erase gates
// b = sigmoid(erase_mean + x_td), x ~ N(0, 1), and channel decays; write gates w = sigmoid(x) for outputs.
// Source: A. Hatamizadeh, Y. Choi, J. Kautz, Gated DeltaNet-2, arXiv 2605.22791.
#include "tristab/base/elementary.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/family/family.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

Matrix gates(double mean, int rows, int columns, const RandomStream& random) {
  Matrix values = normal_matrix(rows, columns, random);
  for (double& x : values.values()) x = sigmoid(mean + x);
  return values;
}

TokenInputs generate_tokens(const Settings& settings, int rows, const RandomStream& random,
                            bool with_outputs) {
  TokenInputs head = generate_head(settings, Rule::gdn2, rows, random, with_outputs, true);
  const int dim = head.keys.columns();
  head.erase_gate = gates(settings.real("erase_mean"), rows, dim, random.part("erase"));
  head.write_gate = with_outputs ? gates(0, rows, dim, random.part("write")) : Matrix(rows, 0);
  return head;
}

}  // namespace

Family gdn2_family() {
  return drawn_family(
      {.name = "gdn2",
       .summary = "GDN-2 with drawn keys, channel-wise erase gates and channel decays",
       .formula = "A_ij = sum_d b_id k_id k_jd exp(G_id - G_jd) for i > j, b = sigmoid(m + x)",
       .source = "Gated DeltaNet-2, arXiv 2605.22791",
       .parameters = {Parameter::real("erase_mean", 0.0, -100, 100, "mean of the erase gate's logit")}},
      std::nullopt, decay_choice("kda-safe"), generate_tokens);
}

}  // namespace tristab
