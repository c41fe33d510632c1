// This program's own statement for a format (metric/verdict.h): the error is at most what a stable method achieves,
//   norm_F(x - y) / norm_F(y) <= limit b,   b = achieved_error of metric/facts.h, limit 2
// In a sweep b follows from the formats that the case rounded to, and so does this gate there (sweep/requirement.h).
// Of an output whose making is unknown, b is that of results in the output's format and sums in fp32.
//
// Owner: src/tristab/metric/README.md.
// Precision: double.
// NaN and infinities in the output fail.
#include "tristab/metric/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"
#include "tristab/matrix/norms.h"
#include "tristab/metric/facts.h"
#include "tristab/metric/measure.h"

namespace tristab {
namespace {

GateResult evaluate_verdict(const GateInput& input, const Settings& settings) {
  if (input.a.size() != input.output.size()) throw std::logic_error("gate verdict: no A");
  const double u = settings.is_automatic("u") ? input.format.unit_roundoff() : settings.real("u");
  const double sums =
      settings.is_automatic("u_sums") ? std::min(u, fp32_format().unit_roundoff()) : settings.real("u_sums");
  const double limit = settings.real("limit");
  GateResult worst = compared(true, 0, limit, "no matrices");
  for (std::size_t m = 0; m < input.a.size(); ++m) {
    const int n = input.a[m].rows();
    const Reference reference{n, input.expected[m], Matrix(n, n), 0, 0};
    const double error = relative_frobenius(input.output[m], reference);
    const double ratio = error == 0 ? 0 : error / achieved_error(establish_facts(input.a[m], reference), u, sums, 0);
    GateResult result = compared(ratio <= limit, ratio, limit, "");
    if (m > 0 && !(result.share > worst.share)) continue;
    worst = result;
    worst.text = fmt::format("{:.3g} times the error of a stable method in matrix {}, allowed {:g}", ratio, m, limit);
  }
  return worst;
}

}  // namespace

Gate verdict_gate() {
  return {
      .description = {.name = "verdict",
                      .summary = "for_format is normal: the error is what a stable method achieves; of layers, with "
                                 "the exact inverse",
                      .formula = "norm_F(x - y) / norm_F(y) <= limit (u + sqrt(n) u_sums) norm_F(|X| |A| |X|) / "
                                 "norm_F(X), each matrix",
                      .source = "this program (Higham 2002, section 14.2; results/verdict-calibration.csv)",
                      .parameters = {Parameter::real("limit", normal_limit_floating, 1e-12, 1e9,
                                                     "in sweeps twice that for integers"),
                                     number_or_auto("u", 1e-300, 1, "unit roundoff; auto: of the output's format"),
                                     number_or_auto("u_sums", 0, 1,
                                                    "unit roundoff of sums; auto: of fp32, or u if smaller")}},
      .used_by = "tristab",
      .precision = "double",
      .nonfinite = "NaN and infinities in the output fail",
      .hole = "on ill-conditioned A a large error is normal",
      .main = "limit",
      .needs_a = true,
      .evaluate = evaluate_verdict,
      .scaled = [](const Settings& settings, const Format&, double factor) {
        return with_multiplied(settings, {"limit"}, factor);
      }};
}

}  // namespace tristab
