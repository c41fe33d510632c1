#include "tristab/matrix/condition.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tristab/base/random.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

using Vector = std::vector<double>;

Vector product(const Matrix& a, const Vector& x) {  // (I + A) x
  Vector y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] + dot(a.row(static_cast<int>(i)), x.data(), i);
  return y;
}

Vector transposed_product(const Matrix& a, const Vector& x) {  // (I + A)^T x
  Vector y = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double* row = a.row(static_cast<int>(i));
    for (std::size_t j = 0; j < i; ++j) y[j] += row[j] * x[i];
  }
  return y;
}

Vector solution(const Matrix& a, const Vector& b) {  // (I + A)^-1 b, forward substitution
  Vector x = b;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] -= dot(a.row(static_cast<int>(i)), x.data(), i);
  return x;
}

Vector transposed_solution(const Matrix& a, const Vector& b) {  // (I + A)^-T b, back substitution
  Vector x = b;
  for (std::size_t i = x.size(); i-- > 0;) {
    const double* row = a.row(static_cast<int>(i));
    for (std::size_t j = 0; j < i; ++j) x[j] -= row[j] * x[i];
  }
  return x;
}

double norm(const Vector& x) { return std::sqrt(dot(x.data(), x.data(), x.size())); }

// Subtracts from x its components along the orthonormal `basis`, twice.
void orthogonalise(Vector& x, const std::vector<Vector>& basis) {
  for (int pass = 0; pass < 2; ++pass) {
    for (const Vector& q : basis) {
      const double component = dot(x.data(), q.data(), x.size());
      for (std::size_t i = 0; i < x.size(); ++i) x[i] -= component * q[i];
    }
  }
}

// Whether the tridiagonal matrix B^T B of the upper bidiagonal B has an eigenvalue above `shift`: by
// Sylvester's law a pivot of the LDL^T factorisation of B^T B - shift I is then positive.
bool has_eigenvalue_above(double shift, const Vector& diagonal, const Vector& superdiagonal) {
  double pivot = 0;
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    double entry = diagonal[i] * diagonal[i] - shift;
    if (i > 0) {
      const double off = diagonal[i - 1] * superdiagonal[i - 1];
      entry += superdiagonal[i - 1] * superdiagonal[i - 1] - off * (off / pivot);
    }
    if (entry > 0) return true;
    pivot = entry == 0 ? -0x1p-1000 : entry;
  }
  return false;
}

double largest_singular_value(const Vector& diagonal, const Vector& superdiagonal) {
  double bound = 0;
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    bound = std::max(bound, std::fabs(diagonal[i]) + (i > 0 ? std::fabs(superdiagonal[i - 1]) : 0.0));
  }
  double low = 0, high = 2 * bound * bound;  // norm_2^2 <= norm_1 norm_inf <= bound (2 bound)
  while (high - low > 1e-15 * high) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (has_eigenvalue_above(middle, diagonal, superdiagonal) ? low : high) = middle;
  }
  return std::sqrt(high);
}

template <typename Apply, typename ApplyTransposed>
double largest_singular_value_of(int n, Apply apply, ApplyTransposed apply_transposed) {
  Vector start(static_cast<std::size_t>(n));
  RandomStream("condition number").fill_normal(0, start);
  std::vector<Vector> right, left;
  Vector diagonal, superdiagonal;
  Vector v = start;
  double length = norm(v), before = 0;
  int settled = 0;
  while (static_cast<int>(right.size()) < n) {
    for (double& x : v) x /= length;
    right.push_back(v);
    Vector u = apply(v);
    orthogonalise(u, left);
    const double alpha = norm(u);
    diagonal.push_back(alpha);
    const double value = largest_singular_value(diagonal, superdiagonal);
    settled = value - before <= 1e-13 * value ? settled + 1 : 0;
    before = value;
    if (settled == 3 || alpha <= 1e-14 * value) break;
    for (double& x : u) x /= alpha;
    left.push_back(u);
    v = apply_transposed(u);
    orthogonalise(v, right);
    length = norm(v);
    if (length <= 1e-14 * value) break;
    superdiagonal.push_back(length);
  }
  return before;
}

}  // namespace

double condition_number_2(const Matrix& a) {
  const double of_matrix = largest_singular_value_of(
      a.rows(), [&](const Vector& x) { return product(a, x); },
      [&](const Vector& x) { return transposed_product(a, x); });
  const double of_inverse = largest_singular_value_of(
      a.rows(), [&](const Vector& x) { return solution(a, x); },
      [&](const Vector& x) { return transposed_solution(a, x); });
  return of_matrix * of_inverse;
}

}  // namespace tristab
