// k_t = x_t / |x_t|, x_td uniform on m_t +- spread, m_t ~ N(0, offset^2), one for each token: nearly independent keys,
// each with a small common component. Source: the inputs of FlashInfer's gated delta rule prefill tests: spread 0.25,
// offset 0.05 (PR 3001).
#include "tristab/matrix/keys/keys.h"

namespace tristab {

Matrix offset_features(int n, int dim, double offset, double spread, const RandomStream& random) {
  Matrix x(n, dim);
  random.part("keys").fill_uniform(0, x.values());
  const Matrix means = normal_matrix(n, 1, random.part("means"));
  for (int t = 0; t < n; ++t) {
    for (int d = 0; d < dim; ++d) x(t, d) = offset * means(t, 0) + spread * (2 * x(t, d) - 1);
  }
  return x;
}

KeyModel token_offset_keys() {
  return {
      {"token-offset",
       "k_t = x_t / |x_t|, x_td ~ U(m_t - spread, m_t + spread), m_t ~ N(0, offset^2)",
       "FlashInfer's tests of gated delta rule prefill, PR 3001",
       {Parameter::real("offset", 0.05, 0, 100, "standard deviation of a token's mean component"),
        Parameter::real("spread", 0.25, 1e-6, 100, "half the width of the components around it"), scale_parameter()}},
      [](const Settings& settings, int n, const RandomStream& random) {
        Matrix keys = offset_features(n, static_cast<int>(settings.integer("head_dim")), settings.real("offset"),
                                      settings.real("spread"), random);
        normalise_rows(keys);
        apply_scale(settings, keys);
        return keys;
      }};
}

}  // namespace tristab
