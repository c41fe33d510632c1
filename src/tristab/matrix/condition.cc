#include "tristab/matrix/condition.h"

#include "tristab/matrix/norms.h"
#include "tristab/matrix/spectral_norm.h"

namespace tristab {
namespace {

// X_i = e_i - sum_{k<i} A_ik X_k
Matrix inverse_by_substitution(const Matrix& a) {
  Matrix x = add_identity(Matrix(a.rows(), a.rows()));
  for (int i = 1; i < a.rows(); ++i) {
    for (int k = 0; k < i; ++k) {
      const double factor = a(i, k);
      for (int j = 0; j <= k; ++j) x(i, j) -= factor * x(k, j);
    }
  }
  return x;
}

}  // namespace

double condition_number_2(const Matrix& a) {
  return spectral_norm(add_identity(strictly_lower(a))) * spectral_norm(inverse_by_substitution(a));
}

}  // namespace tristab
