// The unit triangular test matrix of LAPACK's dlattr, transposed: with s = sqrt(condition), x = sqrt(s) - 1 / sqrt(s),
//   A_i0 = A_(n-1)i = sqrt(2 / (n - 2)) x for 0 < i < n - 1,  A_(n-1)0 = x^2,  0 elsewhere.
// I + A has the singular values s, 1, ..., 1, 1 / s, so cond_2 = condition exactly; with a unit diagonal the product of
// the singular values must be 1. A^3 = 0. For n = 2, A_10 = s - 1 / s has the same two singular values. dlattr then
// fills the zeros, which changes the condition; this is the matrix before that step.
// Source: LAPACK 3, TESTING/LIN/dlattr.f, types 8 to 10; LAPACK Working Note 41.
#include <fmt/format.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/matrix/family/family.h"

namespace tristab {
namespace {

Matrix generate(const Settings& settings, int n, const RandomStream&) {
  const double condition = settings.real("condition");
  Matrix a(n, n);
  if (condition == 1) return a;
  if (n < 2)
    refuse("family dlattr", fmt::format("condition {} with n = 1, where cond_2 is 1", condition), "n of 2 or more");
  const double s = std::sqrt(condition);
  if (n == 2) {
    a(1, 0) = s - 1 / s;
    return a;
  }
  const double x = std::sqrt(s) - 1 / std::sqrt(s), y = std::sqrt(2.0 / (n - 2)) * x;
  for (int i = 1; i < n - 1; ++i) a(i, 0) = a(n - 1, i) = y;
  a(n - 1, 0) = x * x;
  return a;
}

}  // namespace

Family dlattr_family() {
  return {.description = {.name = "dlattr",
                          .summary = "LAPACK's unit triangular matrix of a given condition number",
                          .formula = "A_i0 = A_(n-1)i = sqrt(2/(n-2)) x, A_(n-1)0 = x^2, x = s^(1/2) - s^(-1/2); "
                                     "I + A has singular values s, 1, ..., 1, 1/s, s^2 = condition",
                          .source = "LAPACK 3, TESTING/LIN/dlattr.f, types 8 to 10",
                          .parameters = {Parameter::real("condition", 100.0, 1, 1e12, "cond_2(I + A)")}},
          .generate = generate};
}

}  // namespace tristab
