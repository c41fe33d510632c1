#include "tristab/metric/facts.h"

#include <cmath>

#include "tristab/matrix/norms.h"
#include "tristab/matrix/spectral_norm.h"

namespace tristab {
namespace {

// Subtracts from Xs its mean over the entries of the region.
void centre(bool strict, RegionFacts& facts) {
  const Matrix& x = facts.scaled;
  const int n = x.rows();
  facts.centred = Matrix(n, n);
  if (facts.count == 0) return;
  double sum = 0;
  bool constant = true;
  const double first = n > 1 ? x(1, 0) : x(0, 0);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < (strict ? i : n); ++j) {
      sum += x(i, j);
      constant = constant && x(i, j) == first;
    }
  }
  if (constant) return;  // the rounded mean would leave a spread that is only noise
  const double mean = sum / facts.count;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < (strict ? i : n); ++j) facts.centred(i, j) = x(i, j) - mean;
  }
  facts.centred_frobenius = frobenius_norm(facts.centred);
}

RegionFacts describe(const Matrix& x, bool strict) {
  const double n = x.rows();
  RegionFacts facts;
  facts.count = strict ? n * (n - 1) / 2 : n * n;
  facts.max_abs = max_abs(x);
  facts.frobenius = frobenius_norm(x);
  facts.one = one_norm(x);
  facts.infinity = infinity_norm(x);
  facts.two = spectral_norm(x);
  facts.rows = row_norms(x, strict);
  facts.scaled = x;
  const double scale = binary_scale(facts.max_abs);
  for (double& value : facts.scaled.values()) value *= scale;
  facts.scaled_frobenius = frobenius_norm(facts.scaled);
  centre(strict, facts);
  return facts;
}

// |A| |X|.
Matrix times_absolute(const Matrix& a, const Matrix& x) {
  const int n = a.rows();
  Matrix ax(n, n);
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k < i; ++k) {
      const double factor = std::fabs(a(i, k));
      if (factor == 0) continue;
      for (int j = 0; j <= k; ++j) ax(i, j) += factor * std::fabs(x(k, j));
    }
  }
  return ax;
}

// S |X|, S_ij = 1 for i > j: running sums of the rows of |X|.
Matrix running_sums_of_rows(const Matrix& x) {
  const int n = x.rows();
  Matrix sums(n, n);
  for (int i = 1; i < n; ++i) {
    for (int j = 0; j < i; ++j) sums(i, j) = sums(i - 1, j) + std::fabs(x(i - 1, j));
  }
  return sums;
}

// || |Xs| M ||_F / ||Xs||_F for a strictly lower triangular M >= 0, where Xs is X scaled to entries below 1: the ratio
// is that of X, and the product overflows only if M does.
double carried_error(const Matrix& ax, const RegionFacts& facts) {
  const int n = ax.rows();
  Matrix xax(n, n);
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k <= i; ++k) {
      const double factor = std::fabs(facts.scaled(i, k));
      if (factor == 0) continue;
      for (int j = 0; j < k; ++j) xax(i, j) += factor * ax(k, j);
    }
  }
  return frobenius_norm(xax) / facts.scaled_frobenius;
}

}  // namespace

ReferenceFacts establish_facts(const Matrix& a, const Reference& reference) {
  const Matrix& x = reference.high;
  ReferenceFacts facts;
  facts.n = a.rows();
  facts.whole = describe(x, false);
  facts.strict_lower = describe(strictly_lower(x), true);
  const Matrix l = add_identity(a);
  facts.l_frobenius = frobenius_norm(l);
  facts.l_infinity = infinity_norm(l);
  facts.a_frobenius = frobenius_norm(a);
  facts.stable_error = carried_error(times_absolute(a, x), facts.whole);
  facts.step_error = max_abs(a) * carried_error(running_sums_of_rows(x), facts.whole);
  return facts;
}

double achieved_error(const ReferenceFacts& facts, double u, double u_sums, double step) {
  return (u + std::sqrt(static_cast<double>(facts.n)) * u_sums) * facts.stable_error +
         (step > 0 ? step * facts.step_error : 0);
}

}  // namespace tristab
