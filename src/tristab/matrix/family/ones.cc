// A_ij = 1 for i > j. (I + A)^-1 is bidiagonal, 1 and -1; the powers of A are binomials and grow fastest among 0/1
// matrices. Source: exactness tests; the limit of identical keys with beta = 1 and no decay.
#include "tristab/matrix/family/family.h"

namespace tristab {

Family ones_family() {
  return {.description = {.name = "ones",
                          .summary = "all ones below the diagonal",
                          .formula = "A_ij = 1 for i > j",
                          .source = "identical keys, beta = 1, no decay in DeltaNet, arXiv 2406.06484, "
                                    "section 3; exactness tests of arXiv 2605.21325",
                          .parameters = {}},
          .generate = [](const Settings&, int n, const RandomStream&) {
            return strictly_lower(n, [](int, int) { return 1.0; });
          }};
}

}  // namespace tristab
