// Signal-to-noise ratio: 10 log10(sum y^2 / sum (x - y)^2) >= decibels.
//
// Owner: arXiv 2606.06034, its tables of signal-to-noise ratios. The paper compares numbers and accepts nothing by
// them; the least one is the user's. Precision: double; the reference is not rounded. NaN and infinities give NaN,
// which is not at least anything: they fail. An exact output passes, also a zero one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/base/elementary.h"
#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

GateResult evaluate_snr(const GateInput& input, const Settings& settings) {
  double signal = 0, noise = 0;
  for (const ElementAt& at : elements_of(input)) {
    signal += at.y * at.y;
    noise += (at.x - at.y) * (at.x - at.y);
  }
  const double least = settings.real("decibels");
  const double found = noise == 0 ? std::numeric_limits<double>::infinity() : 10 * log10_of(signal / noise);
  GateResult result{
      found >= least, 0, found, least, fmt::format("{:.4g} dB, required at least {:g} dB", found, least), {}};
  result.share = share_of(result.passes, power_of_ten((least - found) / 20), 1);
  return result;
}

}  // namespace

Gate snr_gate() {
  return {.description = {.name = "snr",
                          .summary = "signal-to-noise ratio in decibels",
                          .formula = "10 log10(sum y^2 / sum (x - y)^2) >= decibels",
                          .source = "arXiv 2606.06034, the tables of signal-to-noise ratios; the least one is yours",
                          .parameters = {Parameter::real("decibels", 40, -1000, 1000,
                                                         "least ratio; 20 more are a tenth of the error")}},
          .used_by = "arXiv 2606.06034",
          .precision = "double",
          .nonfinite = "NaN fails; an infinity fails",
          .hole = "few wrong entries drown in the whole; the diagonal of an inverse counts as signal",
          .main = "decibels",
          .evaluate = evaluate_snr,
          .scaled = [](const Settings& settings, const Format& format, double factor) {
            const double most = -20 * log10_of(format.unit_roundoff());
            return with_numbers(settings,
                                {{"decibels", std::min(settings.real("decibels") - 20 * log10_of(factor), most)}});
          }};
}

}  // namespace tristab
