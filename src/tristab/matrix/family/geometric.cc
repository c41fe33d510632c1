// A_ij = c r^(i - j) for i > j, a Toeplitz matrix. As (1 + sum_m c r^m x^m) = (1 - q x) / (1 - r x) with q = r (1 - c),
// the inverse has X_ij = -c r q^(i - j - 1) for i > j: it decays or grows with |q|, independently of A. Identical keys
// with beta = c and a constant log decay log r give this matrix.
// Source: Gated DeltaNet with one key, arXiv 2412.06464, section 3.3; the inverse is the power series above.
#include "tristab/matrix/family/family.h"

namespace tristab {

Family geometric_family() {
  return {.description = {.name = "geometric",
                          .summary = "entries that decay with the distance from the diagonal",
                          .formula = "A_ij = c r^(i-j) for i > j; the inverse has -c r (r (1 - c))^(i-j-1)",
                          .source = "identical keys, beta = c, constant log decay log r: arXiv 2412.06464, section 3.3",
                          .parameters = {Parameter::real("c", 1.0, -1e6, 1e6, "factor"),
                                         Parameter::real("r", 0.9, -1.1, 1.1, "ratio from one diagonal to the next")}},
          .generate = [](const Settings& settings, int n, const RandomStream&) {
            const std::vector<double> powers = powers_of(settings.real("r"), n);
            const double c = settings.real("c");
            return strictly_lower(n, [&](int i, int j) { return c * powers[static_cast<std::size_t>(i - j)]; });
          }};
}

}  // namespace tristab
