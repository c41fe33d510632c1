// flash-linear-attention, assert_close outside CI:
//   max|y - x| <= 1e-6,   or no NaN and   RMS(y - x) / (RMS(y) + 1e-8) < ratio
//
// Owner: https://github.com/fla-org/flash-linear-attention, fla/utils/_testing.py; 1e-4 for solve_tril, 0.005 to 0.02
// for outputs of layers, up to 0.25 for single gradients (tests/ops).
// Precision: fp32 (gate/fla_error.h).
// NaN in either tensor fails. Infinities: the ratio is infinite or NaN, which is not below anything.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/gate/fla_error.h"
#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

GateResult evaluate_fla(const GateInput& input, const Settings& settings) {
  if (!has_elements(input)) return refused_empty();
  const FlaError error = fla_error(input);
  const double ratio = settings.real("ratio");
  const bool tiny = error.largest <= fla_accepted_difference;
  const bool below = !error.has_nan && error.ratio < ratio;
  GateResult result =
      compared(below, error.ratio, ratio, fmt::format("RMS ratio {:.2e}, allowed below {:.2g}", error.ratio, ratio));
  result.passes = tiny || below;
  if (tiny) {
    result.share = std::min(result.share, share_of(true, error.largest, fla_accepted_difference));
    if (!below) result.text += "; every difference up to 1e-06";
  }
  return result;
}

}  // namespace

Gate fla_gate() {
  return {
      .description = {.name = "fla",
                      .summary = "RMS of the error over RMS of the reference, strict",
                      .formula = "RMS(x - y) / (RMS(y) + 1e-8) < ratio, or max|x - y| <= 1e-6",
                      .source = "https://github.com/fla-org/flash-linear-attention, fla/utils/_testing.py",
                      .parameters = {Parameter::real("ratio", 0.005, 1e-12, 1e6,
                                                     "1e-4 for solve_tril, 0.005 to 0.02 for layers")}},
      .used_by = "flash-linear-attention, outside its CI",
      .precision = "fp32 (the reference too), the quotient in double; sums in double, for torch's order is not fixed",
      .nonfinite = "NaN fails; an infinity fails",
      .hole =
          "few wrong entries drown in the RMS of many; inverses: the diagonal counts in RMS(y); outputs below "
          "1e-6 may be zeros",
      .main = "ratio",
      .evaluate = evaluate_fla,
      .scaled = scaled_ratio,
      .needed = [](const GateInput& input, const Settings& settings) {
        const GateResult result = evaluate_fla(input, settings);
        // Small differences pass whatever the ratio is.
        return fla_error(input).largest <= fla_accepted_difference ? 0 : result.share;
      }};
}

}  // namespace tristab
