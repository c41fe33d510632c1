#include "tristab/reference/inverse.h"

#include <fmt/format.h>

#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/reference/mpfr_inverse.h"
#include "tristab/reference/threefold_inverse.h"

namespace tristab {
namespace {

void check_strictly_lower(const Matrix& a) {
  const int n = a.rows();
  if (n < 1 || a.columns() != n) {
    throw InputError(fmt::format("reference inverse: A is {} x {}; allowed: square, at least 1 x 1", n, a.columns()));
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      if (!std::isfinite(a(i, j)) || (j >= i && a(i, j) != 0)) {
        throw InputError(
            fmt::format("reference inverse: A[{}][{}] = {}; allowed: finite entries below the diagonal and "
                        "zeros elsewhere",
                        i, j, a(i, j)));
      }
    }
  }
}

}  // namespace

Reference invert_reference(const Matrix& a, std::vector<Matrix>* remainders) {
  check_strictly_lower(a);
  Matrix rest;
  if (std::optional<Reference> proven = invert_threefold(a, remainders != nullptr ? &rest : nullptr)) {
    if (remainders != nullptr) *remainders = {rest};
    return *std::move(proven);
  }
  return invert_in_mpfr(a, remainders);
}

}  // namespace tristab
