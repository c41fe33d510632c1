// Orthonormal keys: Gram-Schmidt on standard normal vectors, each vector orthogonalised twice ("twice is enough":
// Giraud, Langou, Rozloznik, van den Eshof, Numer. Math. 101 (2005) 87-100). Only head_dim vectors can be orthonormal:
// if n > head_dim the set is repeated, k_(t + head_dim) = k_t.
#include "tristab/matrix/keys/keys.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

Matrix generate(const Settings& settings, int n, const RandomStream& random) {
  const int dim = static_cast<int>(settings.integer("head_dim"));
  Matrix keys = normal_matrix(n, dim, random.part("keys"));
  Matrix one(1, dim);
  for (int t = 0; t < n; ++t) {
    if (t >= dim) {
      for (int d = 0; d < dim; ++d) keys(t, d) = keys(t - dim, d);
      continue;
    }
    for (int d = 0; d < dim; ++d) one(0, d) = keys(t, d);
    for (int pass = 0; pass < 2; ++pass) {
      for (int s = 0; s < t; ++s) {
        const double component = dot(one.row(0), keys.row(s), static_cast<std::size_t>(dim));
        for (int d = 0; d < dim; ++d) one(0, d) -= component * keys(s, d);
      }
      normalise_rows(one);
    }
    for (int d = 0; d < dim; ++d) keys(t, d) = one(0, d);
  }
  apply_scale(settings, keys);
  return keys;
}

}  // namespace

KeyModel orthogonal_keys() {
  return {{"orthogonal",
           "k_i . k_j = 0 for i != j, |k_i| = 1; the set repeats where n > head_dim",
           "Gram-Schmidt, twice: Giraud, Langou, Rozloznik, van den Eshof, Numer. Math. 101 (2005) 87-100",
           {scale_parameter()}},
          generate};
}

}  // namespace tristab
