// flash-linear-attention, assert_close with FLA_CI_ENV=1: it only warns where the error is not large, so it passes if
//   max|y - x| <= 1e-6,   or no NaN and   ( e < 0.01,  or  max|y - x| <= 0.3,  or  e < ratio ),
//   e = RMS(y - x) / (RMS(y) + 1e-8)
//
// Owner: https://github.com/fla-org/flash-linear-attention, fla/utils/_testing.py; its workflows set the variable.
// Precision: fp32 (gate/fla_error.h).
// NaN in either tensor fails. Infinities fail.
#include <fmt/format.h>

#include <algorithm>

#include "tristab/gate/fla_error.h"
#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

GateResult evaluate_fla_ci(const GateInput& input, const Settings& settings) {
  if (!has_elements(input)) return refused_empty();
  const FlaError error = fla_error(input);
  const double ratio = std::max(settings.real("ratio"), settings.real("warn_ratio"));
  const double difference = std::max(settings.real("warn_difference"), fla_accepted_difference);
  const bool below = !error.has_nan && error.ratio < ratio, small = error.largest <= difference;
  const bool by_difference = share_of(small, error.largest, difference) < share_of(below, error.ratio, ratio);
  GateResult result =
      by_difference ? compared(small, error.largest, difference,
                               fmt::format("largest difference {:.2e}, allowed {:.2g}", error.largest, difference))
                    : compared(below, error.ratio, ratio,
                               fmt::format("RMS ratio {:.2e}, allowed below {:.2g}", error.ratio, ratio));
  return result;
}

}  // namespace

Gate fla_ci_gate() {
  return {
      .description = {.name = "fla-ci",
                      .summary = "the rule of fla with FLA_CI_ENV=1, where it mostly warns",
                      .formula = "max|x - y| <= 0.3, or RMS(x - y) / (RMS(y) + 1e-8) < max(ratio, 0.01)",
                      .source = "https://github.com/fla-org/flash-linear-attention, fla/utils/_testing.py",
                      .parameters = {Parameter::real("ratio", 0.005, 1e-12, 1e6, "of the test, as for fla"),
                                     Parameter::real("warn_ratio", 0.01, 0, 1e6,
                                                     "smaller RMS ratios only warn, whatever `ratio` is"),
                                     Parameter::real("warn_difference", 0.3, 0, 1e6,
                                                     "largest differences up to this only warn")}},
      .used_by = "flash-linear-attention's workflows",
      .precision = "fp32 (the reference too), the quotient in double; sums in double, for torch's order is not fixed",
      .nonfinite = "NaN fails; an infinity fails",
      .hole = "whatever has entries up to 0.3 may be zeros; entries of an inverse below 0.3 may be wrong by 100%",
      .main = "ratio",
      .evaluate = evaluate_fla_ci,
      // The owner's function takes the ratio alone: what only warns is fixed.
      .scaled = scaled_ratio,
      .needed = [](const GateInput& input, const Settings& settings) {
        const double no_ratio = 1e-12;
        const bool warns = evaluate_fla_ci(input, with_numbers(settings, {{"ratio", no_ratio}})).passes;
        return warns ? 0 : share_of(false, fla_error(input).ratio, settings.real("ratio"));
      }};
}

}  // namespace tristab
