// A vocabulary of few distinct keys. Token t takes a cluster s_t, uniformly from `clusters`, and
//   k_t = normalise(b_(s_t) + eps z_t), b_s and z_t ~ N(0, I)
// The cosine is 1 / (1 + eps^2) inside a cluster and about 0 between clusters.
// Source: text repeats its tokens. Lies between `identical` (clusters = 1, eps = 0) and `independent`.
#include "tristab/matrix/keys/keys.h"

namespace tristab {

KeyModel clustered_keys() {
  return {
      {"clustered",
       "k_t = normalise(b_s(t) + eps z_t), s(t) uniform over clusters, b_s, z_t ~ N(0, I)",
       "several bases instead of one: flash-linear-attention, issue 537 (repeated tokens)",
       {Parameter::integer("clusters", 8, 1, 4096, "number of distinct keys"),
        Parameter::real("eps", 0.1, 0, 1000, "size of the noise on a key relative to its base"), scale_parameter()}},
      [](const Settings& settings, int n, const RandomStream& random) {
        const int dim = static_cast<int>(settings.integer("head_dim"));
        const auto clusters = static_cast<double>(settings.integer("clusters"));
        const double eps = settings.real("eps");
        const RandomStream centres = random.part("centres"), choice = random.part("cluster");
        Matrix keys = normal_matrix(n, dim, random.part("noise"));
        std::vector<double> centre(static_cast<std::size_t>(dim));
        for (int t = 0; t < n; ++t) {
          const auto cluster = static_cast<std::uint64_t>(choice.uniform(static_cast<std::uint64_t>(t)) * clusters);
          centres.fill_normal(cluster * static_cast<std::uint64_t>(dim), centre);
          for (int d = 0; d < dim; ++d) keys(t, d) = centre[static_cast<std::size_t>(d)] + eps * keys(t, d);
        }
        normalise_rows(keys);
        apply_scale(settings, keys);
        return keys;
      }};
}

}  // namespace tristab
