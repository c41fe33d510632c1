// gpu-mode's problems of linear algebra accept a factorization by its residual; for an inverse, in each matrix:
//   norm_1(L X - I) <= factor n eps norm_1(L),   L = I + A, factor 20
//
// Owner: https://github.com/gpu-mode/reference-kernels, problems/linalg/{cholesky_py,qr_py,qr_v2,eigh_py}/reference.py.
// None of them inverts. Each forms what its output should reproduce, takes the 1-norm of the difference, and allows
// factor n eps times the 1-norm of the input: 20 for L L^T and for R, 100 for orthogonality, 200 and 400 for
// eigenvalues. This is that rule with the product L X. eps = torch.finfo(dtype).eps = 2^(1-p), twice the unit roundoff.
// Precision: double (qr, eigh; cholesky in fp32).
// NaN or an infinity in the output fails before anything is computed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/residual.h"

namespace tristab {
namespace {

GateResult evaluate_gpu_mode(const GateInput& input, const Settings& settings) {
  if (input.a.size() != input.output.size()) throw std::logic_error("gate gpu-mode: no A");
  const double eps = settings.is_automatic("eps") ? 2 * input.format.unit_roundoff() : settings.real("eps");
  const double factor = settings.real("factor");
  GateResult worst = compared(true, 0, factor, "no matrices");
  for (std::size_t m = 0; m < input.a.size(); ++m) {
    const Matrix &a = input.a[m], &x = input.output[m];
    if (!all_finite(x)) {
      GateResult result = refused_empty();
      result.text = fmt::format("matrix {} holds NaN or an infinity", m);
      return result;
    }
    const double residual = one_norm(residual_right(x, row_extents(x), a, false).high);
    const double scale = std::max(a.rows(), 1) * eps * std::max(one_norm(add_identity(a)), 1e-30);
    GateResult result = compared(residual <= factor * scale, residual / scale, factor, "");
    if (m > 0 && !(result.share > worst.share)) continue;
    worst = result;
    worst.text = fmt::format("residual {:.3g} n eps norm(L) in matrix {}, allowed {:g}", result.value, m, factor);
  }
  return worst;
}

}  // namespace

Gate gpu_mode_gate() {
  return {
      .description = {.name = "gpu-mode",
                      .summary = "residual over n, eps and the norm of L; inverses only",
                      .formula = "norm_1(L X - I) <= factor n eps norm_1(L), L = I + A, each matrix",
                      .source = "https://github.com/gpu-mode/reference-kernels, problems/linalg (of factorizations; "
                                "here with L X)",
                      .parameters = {Parameter::real("factor", 20, 0, 1e9, "times n eps norm_1(L)"),
                                     number_or_auto("eps", 1e-300, 1, "2^(1-p); auto: of the output's format")}},
      .used_by = "gpu-mode's problems of linear algebra",
      .precision = "double, with the output's eps",
      .nonfinite = "NaN and infinities in the output fail",
      .hole = "n eps is 1 in bf16 at n = 128: there nearly everything passes",
      .main = "factor",
      .suffix = "n",
      .needs_a = true,
      .evaluate = evaluate_gpu_mode,
      .scaled = [](const Settings& settings, const Format&, double factor) {
        return with_multiplied(settings, {"factor"}, factor);
      }};
}

}  // namespace tristab
