// k_t = z_t / |z_t|, z_t standard normal: uniform on the sphere, cosines of size 1 / sqrt(head_dim).
// Source: the usual unit test of kernels (F.normalize(torch.randn(...)), flash-linear-attention tests).
#include "tristab/matrix/keys/keys.h"

namespace tristab {

KeyModel independent_keys() {
  return {{"independent",
           "k_t = z_t / |z_t|, z_t ~ N(0, I)",
           "flash-linear-attention, tests/ops: F.normalize(torch.randn(...))",
           {scale_parameter()}},
          [](const Settings& settings, int n, const RandomStream& random) {
            Matrix keys = normal_matrix(n, static_cast<int>(settings.integer("head_dim")), random.part("keys"));
            normalise_rows(keys);
            apply_scale(settings, keys);
            return keys;
          }};
}

}  // namespace tristab
