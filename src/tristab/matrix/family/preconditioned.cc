// PGDN and PKDA (rule/preconditioned.cc) with drawn keys, betas and decays. The preconditioner follows from the keys:
//   c_t = exp(h_t) c_{t-1} + b_t k_t o k_t,   r = log(c_t + 1e-6) - centre,   m_t = span^(-r / (1 + |r|))
// with b_t = sigmoid(x_t), x ~ N(0, 1), and h_t drawn as the models are initialised (fla-init).
// Source: flash-linear-attention PR 950, fla/ops/precond_gated_delta_rule/naive.py, whose defaults these are.
#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/matrix/family/delta_rule.h"
#include "tristab/matrix/gates/gates.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

void draw(const Settings& settings, const RandomStream& random, bool, TokenInputs& head) {
  const int rows = head.rows(), dim = head.keys.columns();
  const Matrix strength = normal_matrix(rows, 1, random.part("curvature-strength"));
  const auto model = std::ranges::find(decay_models(), "fla-init", [](const GateModel& each) { return each.name; });
  const std::vector<double> decay = model->generate(settings, rows, random.part("curvature-decay"));
  const double log_span = natural_log(settings.real("span"));
  std::vector<double> curvature(static_cast<std::size_t>(dim));
  Matrix m(rows, dim);
  for (int t = 0; t < rows; ++t) {
    const double kept = exponential(decay[static_cast<std::size_t>(t)]), added = sigmoid(strength(t, 0));
    for (int d = 0; d < dim; ++d) {
      double& c = curvature[static_cast<std::size_t>(d)];
      c = c * kept + added * head.keys(t, d) * head.keys(t, d);
      const double r = natural_log(c + 1e-6) - settings.real("centre");
      m(t, d) = exponential(-log_span * (r / (1 + std::fabs(r))));
    }
  }
  head.parts["m"] = std::move(m);
}

Family family(const char* rule, const char* summary, const char* decay) {
  return drawn_family(
      rule, {.summary = summary,
             .beta = "sigmoid-normal",
             .decay = decay,
             .parameters = {Parameter::real("span", 1.5, 1, 2, "the preconditioner lies between 1 / span and span"),
                            Parameter::real("centre", -0.2, -20, 20, "log of the curvature whose preconditioner is 1")},
             .draw = draw});
}

}  // namespace

Family pgdn_family() {
  return family("pgdn", "Preconditioned Gated DeltaNet with drawn keys, betas and decays", "qwen3-next");
}

Family pkda_family() {
  return family("pkda", "Preconditioned Kimi Delta Attention with drawn keys, betas and channel decays", "kda-safe");
}

}  // namespace tristab
