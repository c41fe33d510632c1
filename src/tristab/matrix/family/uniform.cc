// A_ij = scale u_ij for i > j, u_ij ~ U[0, 1).
// Source: random tests of published inversions, scale 0.5, and unit tests of kernels, scale 0.1.
#include "tristab/matrix/family/family.h"

namespace tristab {

Family uniform_family() {
  return {.description = {.name = "uniform",
                          .summary = "non-negative uniform entries",
                          .formula = "A_ij = scale u_ij for i > j, u_ij ~ U[0, 1)",
                          .source = "arXiv 2605.21325, its notebook (scale 0.5); tests of kernels (scale 0.1)",
                          .parameters = {Parameter::real("scale", 0.5, 0, 1e6, "largest entry")}},
          .random = true,
          .generate = [](const Settings& settings, int n, const RandomStream& random) {
            const double scale = settings.real("scale");
            return strictly_lower(n, [&](int i, int j) { return scale * random.uniform(triangle_index(i, j)); });
          }};
}

}  // namespace tristab
