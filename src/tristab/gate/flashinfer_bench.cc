// flashinfer-bench: an element matches unless both of its errors are too large,
//   |x - y| > atol   and   |x - y| / (|y| + 1e-8) > rtol
// and at least the share `matched` of the elements must match.
//
// Owner: https://github.com/flashinfer-ai/flashinfer-bench, flashinfer_bench/bench/utils.py (compute_error_stats),
// bench/config.py (atol = rtol = 1e-2, matched 1) and bench/evaluators/lowbit.py (matched 0.95). So an element needs
// one of the two tolerances, not their sum as in torch. Precision: fp32, to which both are converted from the output's
// type; tolerances are fp32 too. The share is in double. NaN or an infinity in the output fails at once. In the
// reference they match: a comparison with NaN is false.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

GateResult evaluate_flashinfer(const GateInput& input, const Settings& settings) {
  const TensorType own(input.format), type(fp32_format());
  const double atol = type.scalar(settings.real("atol")), rtol = type.scalar(settings.real("rtol"));
  const double eps = type.scalar(1e-8), required = settings.real("matched");
  const std::vector<ElementAt> elements = elements_of(input);
  if (elements.empty()) return compared(true, 1, required, "no elements");
  std::vector<double> shares;
  std::size_t exceeding = 0, worst = 0;
  for (const ElementAt& at : elements) {
    const double x = type.stored(at.x), y = type.stored(own.stored(at.y));
    if (!std::isfinite(x)) {
      const GatePlace place = place_of(input, shares.size());
      GateResult result = compared(false, x, required, fmt::format("{} {}", x, text_of(place)));
      result.share = std::numeric_limits<double>::infinity();
      result.worst = place;
      return result;
    }
    const double error = std::fabs(type.result(x - y));
    const double relative = type.result(error / type.result(std::fabs(y) + eps));
    const bool exceeds = error > atol && relative > rtol;
    exceeding += exceeds;
    const double by_error = share_of(!(error > atol), error, atol);
    const double by_relative = share_of(!(relative > rtol), relative, rtol);
    shares.push_back(std::min(by_error, by_relative));
    if (shares.back() > shares[worst]) worst = shares.size() - 1;
  }
  const auto count = static_cast<double>(elements.size());
  const auto matched_without = [&](std::size_t exceeds) { return 1.0 - static_cast<double>(exceeds) / count; };
  const double matched = matched_without(exceeding);
  // The element that decides: as many as may fail are worse.
  std::size_t may_fail = 0;
  while (may_fail + 1 < shares.size() && matched_without(may_fail + 1) >= required) ++may_fail;
  const GatePlace place = place_of(input, worst);
  std::nth_element(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(may_fail), shares.end(),
                   std::greater<>());
  GateResult result{!(matched < required),
                    shares[may_fail],
                    matched,
                    required,
                    fmt::format("{:.4g}% of the elements match, required {:.4g}%", 100 * matched, 100 * required),
                    place};
  return result;
}

}  // namespace

Gate flashinfer_bench_gate() {
  return {
      .description = {.name = "flashinfer-bench",
                      .summary = "a share of the elements within the absolute or the relative tolerance",
                      .formula = "|x - y| <= atol or |x - y| / (|y| + 1e-8) <= rtol, in a share `matched` of the "
                                 "elements",
                      .source = "https://github.com/flashinfer-ai/flashinfer-bench, flashinfer_bench/bench/utils.py",
                      .parameters = {Parameter::real("matched", 1, 1e-12, 1,
                                                     "share of the elements; low-bit "
                                                     "kernels 0.95"),
                                     Parameter::real("atol", 1e-2, 0, 1e6, "absolute tolerance"),
                                     Parameter::real("rtol", 1e-2, 0, 1e6, "relative tolerance")}},
      .used_by = "flashinfer-bench; with 0.95 for low-bit kernels",
      .precision = "fp32, after the reference is rounded to the output's type",
      .nonfinite = "NaN or an infinity in the output fails; in the reference it matches",
      .hole = "the elements that may fail may be anything finite; outputs below atol may be zeros",
      .main = "matched",
      .evaluate = evaluate_flashinfer,
      .scaled = [](const Settings& settings, const Format&, double factor) {
        return with_multiplied(settings, {"atol", "rtol"}, factor);
      }};
}

}  // namespace tristab
