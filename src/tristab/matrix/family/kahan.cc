// Kahan's matrix K = diag(1, s, ..., s^(n-1)) (I - c N), N the ones above the diagonal, s = sin theta, c = cos theta:
// nearly singular, but no pivot shows it. Here it is transposed and every row is divided by its diagonal, which keeps
// the substitution and gives a unit diagonal: A_ij = -c s^-(i - j) for i > j, with the inverse X_ij = c (1 + c)^(i - j
// - 1) s^-(i - j).
// Source: W. Kahan, Numerical linear algebra, Canad. Math. Bull. 9 (1966) 757-801; N. J. Higham, Accuracy and
// Stability of Numerical Algorithms, 2nd edition, 2002, chapter 8.
#include <cmath>

#include "tristab/matrix/family/family.h"

namespace tristab {

Family kahan_family() {
  return {
      .description = {.name = "kahan",
                      .summary = "Kahan's matrix, transposed and with a unit diagonal",
                      .formula = "A_ij = -c s^-(i-j) for i > j, c = sqrt(1 - s^2); the inverse has c (1 + "
                                 "c)^(i-j-1) s^-(i-j)",
                      .source = "Kahan 1966; Higham, Accuracy and Stability, 2002, chapter 8",
                      .parameters = {Parameter::real("sine", 0.932, 0.9, 1, "s = sin theta; 0.932 is theta = 1.2")}},
      .generate = [](const Settings& settings, int n, const RandomStream&) {
        const double s = settings.real("sine");
        const double c = std::sqrt((1.0 - s) * (1.0 + s));
        const std::vector<double> powers = powers_of(s, n);
        return strictly_lower(n, [&](int i, int j) { return -c / powers[static_cast<std::size_t>(i - j)]; });
      }};
}

}  // namespace tristab
