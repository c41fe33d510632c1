// k_t = normalise(b + eps z_t), b and z_t ~ N(0, I): cosine 1 / (1 + eps^2) between any two keys, 0.8 at eps = 0.5.
// Source: repeated or similar tokens, the case behind flash-linear-attention issue 537.
#include "tristab/matrix/keys/keys.h"

namespace tristab {

KeyModel collinear_keys() {
  return {
      {"collinear",
       "k_t = normalise(b + eps z_t), b, z_t ~ N(0, I); cosine 1 / (1 + eps^2)",
       "flash-linear-attention, issue 537",
       {Parameter::real("eps", 0.5, 0, 1000, "size of the noise on a key relative to its base"), scale_parameter()}},
      [](const Settings& settings, int n, const RandomStream& random) {
        const int dim = static_cast<int>(settings.integer("head_dim"));
        const double eps = settings.real("eps");
        const Matrix base = normal_matrix(1, dim, random.part("base"));
        Matrix keys = normal_matrix(n, dim, random.part("noise"));
        for (int t = 0; t < n; ++t) {
          for (int d = 0; d < dim; ++d) keys(t, d) = base(0, d) + eps * keys(t, d);
        }
        normalise_rows(keys);
        apply_scale(settings, keys);
        return keys;
      }};
}

}  // namespace tristab
