// A_ij ~ N(0, 1) for i > j. The exact inverse grows exponentially with n, so no method can be accurate in a narrow
// format (Viswanath, Trefethen, Condition numbers of random triangular matrices, SIAM J. Matrix Anal. 19, 1998).
// Source: flash-linear-attention issue 537.
#include "tristab/matrix/family/family.h"

namespace tristab {

Family normal_family() {
  return {.description = {.name = "normal",
                          .summary = "standard normal entries; the inverse explodes",
                          .formula = "A_ij ~ N(0, 1) for i > j",
                          .source = "flash-linear-attention, issue 537",
                          .parameters = {}},
          .random = true,
          .generate = [](const Settings&, int n, const RandomStream& random) {
            return strictly_lower(n, [&](int i, int j) { return random.normal(triangle_index(i, j)); });
          }};
}

}  // namespace tristab
