// A = 0, so (I + A)^-1 = I: shows what a method does if there is nothing to do.
// Source: exactness tests; padded chunks.
#include "tristab/matrix/family/family.h"

namespace tristab {

Family zeros_family() {
  return {.description = {.name = "zeros",
                          .summary = "the zero matrix",
                          .formula = "A = 0",
                          .source = "beta = 0 in DeltaNet, arXiv 2406.06484, section 3: a chunk of padding",
                          .parameters = {}},
          .generate = [](const Settings&, int n, const RandomStream&) { return Matrix(n, n); }};
}

}  // namespace tristab
