// k_t = (-1)^t b / |b|, b ~ N(0, I): k_i . k_j = (-1)^(i - j), so A_ij = (-1)^(i - j) beta_i exp(G_i - G_j). With
// beta = 2 and no decay each token reflects the state on the same direction, whose sign then alternates.
// Source: the reflections of beta = 2, Grazzi et al., Unlocking State-Tracking in Linear RNNs Through Negative
// Eigenvalues, arXiv 2411.12537, section 4; the counterpart of `identical`.
#include "tristab/matrix/keys/keys.h"

namespace tristab {

KeyModel alternating_keys() {
  return {{"alternating",
           "k_t = (-1)^t b / |b|, b ~ N(0, I)",
           "negative eigenvalues, arXiv 2411.12537, section 4",
           {scale_parameter()}},
          [](const Settings& settings, int n, const RandomStream& random) {
            const Matrix base = one_direction(settings, random);
            const int dim = base.columns();
            Matrix keys(n, dim);
            for (int t = 0; t < n; ++t) {
              for (int d = 0; d < dim; ++d) keys(t, d) = t % 2 == 0 ? base(0, d) : -base(0, d);
            }
            return keys;
          }};
}

}  // namespace tristab
