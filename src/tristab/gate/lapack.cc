// LAPACK's test ratio of a triangular inverse, for each matrix:
//   norm_1(L X - I) / (n u norm_1(L) norm_1(X)) < threshold,   L = I + A, threshold 30
// It is 1 / u where a norm is zero, and 0 for n = 0.
//
// Owner: Reference-LAPACK, TESTING/LIN/dtrt01.f (the ratio), dchktr.f (fails if it is >= THRESH) and TESTING/dtest.in
// (30). Lower, not unit: the diagonal of X is looked at, what stands above it is not, in L, in X and in the residual.
// SLATE's test_trtri.cc has another ratio, norm_1(I - X L) / (n norm_1(L)), and fails on NaN.
// Precision: double with the u of the output's format. (LAPACK computes the ratio in the precision that it tests.)
// NaN makes the ratio NaN, which is not >= the threshold: LAPACK's test passes. So does this gate.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

Matrix lower_part(Matrix m) {
  for (int i = 0; i < m.rows(); ++i) std::fill(m.row(i) + std::min(i + 1, m.columns()), m.row(i) + m.columns(), 0.0);
  return m;
}

double ratio_of(const Matrix& a, const Matrix& output, double u) {
  const int n = a.rows();
  if (n == 0) return 0;
  const Matrix l = lower_part(add_identity(a)), x = lower_part(output);
  const double l_norm = one_norm(l), x_norm = one_norm(x);
  if (l_norm <= 0 || x_norm <= 0) return 1 / u;
  Matrix residual(n, n);
  for (int j = 0; j < n; ++j) {
    for (int i = j; i < n; ++i) {
      double sum = x(i, j);  // in DTRMV's order: the diagonal first, then upwards
      for (int k = i - 1; k >= j; --k) sum += x(k, j) * l(i, k);
      residual(i, j) = i == j ? sum - 1 : sum;
    }
  }
  return one_norm(residual) * (1 / l_norm / x_norm) / n / u;
}

GateResult evaluate_lapack(const GateInput& input, const Settings& settings) {
  if (input.a.size() != input.output.size()) throw std::logic_error("gate lapack: no A");
  const double u = settings.is_automatic("u") ? input.format.unit_roundoff() : settings.real("u");
  const double threshold = settings.real("threshold");
  double largest = 0;
  bool passes = true, has_nan = false;
  for (std::size_t m = 0; m < input.a.size(); ++m) {
    const double ratio = ratio_of(input.a[m], input.output[m], u);
    passes = passes && !(ratio >= threshold);
    has_nan = has_nan || std::isnan(ratio);
    if (ratio > largest) largest = ratio;
  }
  return compared(passes, largest, threshold,
                  fmt::format("test ratio {:.3g}, allowed below {:g}{}", largest, threshold,
                              has_nan ? "; a ratio is NaN, which this rule does not see" : ""));
}

}  // namespace

Gate lapack_gate() {
  return {
      .description = {.name = "lapack",
                      .summary = "residual of a triangular inverse over n u and both norms; inverses only",
                      .formula = "norm_1(L X - I) / (n u norm_1(L) norm_1(X)) < threshold, L = I + A, lower "
                                 "triangles only, each matrix",
                      .source = "Reference-LAPACK, TESTING/LIN/dtrt01.f, dchktr.f and TESTING/dtest.in",
                      .parameters = {Parameter::real("threshold", 30, 1e-12, 1e9, "the ratio must be below it"),
                                     number_or_auto("u", 1e-300, 1, "unit roundoff; auto: of the output's format")}},
      .used_by = "LAPACK",
      .precision = "double, with the output's u",
      .nonfinite = "a NaN passes: the ratio is not above the threshold",
      .hole = "NaN; anything above the diagonal; where norm_1(L) norm_1(X) is large, so is the error that passes",
      .main = "threshold",
      .needs_a = true,
      .evaluate = evaluate_lapack,
      .scaled = [](const Settings& settings, const Format&, double factor) {
        return with_multiplied(settings, {"threshold"}, factor);
      }};
}

}  // namespace tristab
