// A_ij = -alpha for i > j. Among all unit lower triangular matrices with |A_ij| <= alpha its inverse is the largest,
// entry by entry: X_ij = alpha (1 + alpha)^(i - j - 1), which is 2^(n - 2) in the corner for alpha = 1. This follows
// from the bound |T^-1| <= M(T)^-1 with the comparison matrix M(T).
// Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, chapter 8 (the matrices
// U(alpha), transposed).
#include "tristab/matrix/family/family.h"

namespace tristab {

Family worst_growth_family() {
  return {.description = {.name = "worst-growth",
                          .summary = "the largest inverse that entries of this size allow",
                          .formula = "A_ij = -alpha for i > j; the inverse has alpha (1 + alpha)^(i-j-1)",
                          .source = "Higham, Accuracy and Stability, 2002, chapter 8",
                          .parameters = {Parameter::real("alpha", 1.0, 0, 1e6, "size of every entry")}},
          .generate = [](const Settings& settings, int n, const RandomStream&) {
            const double alpha = settings.real("alpha");
            return strictly_lower(n, [&](int, int) { return -alpha; });
          }};
}

}  // namespace tristab
