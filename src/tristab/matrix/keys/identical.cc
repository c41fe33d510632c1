// k_t = b / |b| for every t, b ~ N(0, I): K K^T is all ones, so A_ij = beta_i (exp(G_i - G_j)).
// Source: a run of one token; the extreme of flash-linear-attention issue 537.
#include "tristab/matrix/keys/keys.h"

namespace tristab {

KeyModel identical_keys() {
  return {{"identical", "k_t = b / |b|, b ~ N(0, I)", "flash-linear-attention, issue 537", {scale_parameter()}},
          [](const Settings& settings, int n, const RandomStream& random) {
            const Matrix base = one_direction(settings, random);
            const int dim = base.columns();
            Matrix keys(n, dim);
            for (int t = 0; t < n; ++t) {
              for (int d = 0; d < dim; ++d) keys(t, d) = base(0, d);
            }
            return keys;
          }};
}

}  // namespace tristab
