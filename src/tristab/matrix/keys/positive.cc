// k_t = u_t / |u_t|, u_t uniform on [0, 1)^head_dim: no component is negative, so any two keys have a cosine near 0.75
// (E[u]^2 / E[u^2] = (1/4) / (1/3)).
// Source: the inputs of flash-linear-attention's gated delta rule tests, F.normalize(torch.rand(...)) (tests/ops).
#include "tristab/matrix/keys/keys.h"

namespace tristab {

KeyModel positive_keys() {
  return {{"positive",
           "k_t = u_t / |u_t|, u_t ~ U[0, 1)^head_dim; cosine about 0.75",
           "flash-linear-attention, tests/ops: F.normalize(torch.rand(...))",
           {scale_parameter()}},
          [](const Settings& settings, int n, const RandomStream& random) {
            Matrix keys(n, static_cast<int>(settings.integer("head_dim")));
            random.part("keys").fill_uniform(0, keys.values());
            normalise_rows(keys);
            apply_scale(settings, keys);
            return keys;
          }};
}

}  // namespace tristab
