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

struct ElementErrors {
  double error = 0, relative = 0;
};

ElementErrors errors_of(const ElementAt& at, const TensorType& own) {
  const TensorType type(fp32_format());
  const double x = type.stored(at.x), y = type.stored(own.stored(at.y));
  const double error = std::fabs(type.result(x - y));
  return {error, type.result(error / type.result(std::fabs(y) + type.scalar(1e-8)))};
}

double matched_without(std::size_t exceeding, std::size_t count) {
  return 1.0 - static_cast<double>(exceeding) / static_cast<double>(count);
}

// Of the elements' shares that of the one that decides: as many as may fail are worse.
double deciding(std::vector<double> shares, double required) {
  std::size_t may_fail = 0;
  while (may_fail + 1 < shares.size() && matched_without(may_fail + 1, shares.size()) >= required) ++may_fail;
  std::nth_element(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(may_fail), shares.end(),
                   std::greater<>());
  return shares[may_fail];
}

GateResult evaluate_flashinfer(const GateInput& input, const Settings& settings) {
  const TensorType own(input.format), type(fp32_format());
  const double atol = type.scalar(settings.real("atol")), rtol = type.scalar(settings.real("rtol"));
  const double required = settings.real("matched");
  const std::vector<ElementAt> elements = elements_of(input);
  if (elements.empty()) return compared(true, 1, required, "no elements");
  std::vector<double> shares;
  std::size_t exceeding = 0, worst = 0;
  for (const ElementAt& at : elements) {
    const double x = type.stored(at.x);
    if (!std::isfinite(x)) {
      const GatePlace place = place_of(input, shares.size());
      GateResult result = compared(false, x, required, fmt::format("{} {}", x, text_of(place)));
      result.share = std::numeric_limits<double>::infinity();
      result.worst = place;
      return result;
    }
    const auto [error, relative] = errors_of(at, own);
    const bool exceeds = error > atol && relative > rtol;
    exceeding += exceeds;
    const double by_error = share_of(!(error > atol), error, atol);
    const double by_relative = share_of(!(relative > rtol), relative, rtol);
    shares.push_back(std::min(by_error, by_relative));
    if (shares.back() > shares[worst]) worst = shares.size() - 1;
  }
  const double matched = matched_without(exceeding, elements.size());
  const GatePlace place = place_of(input, worst);
  GateResult result{!(matched < required),
                    deciding(std::move(shares), required),
                    matched,
                    required,
                    fmt::format("{:.4g}% of the elements match, required {:.4g}%", 100 * matched, 100 * required),
                    place};
  return result;
}

// As of torch: atol follows the outputs and rtol stays; without atol there is rtol alone.
Settings scaled_flashinfer(const Settings& settings, const Format& format, double factor) {
  if (settings.real("atol") > 0) return with_multiplied(settings, {"atol"}, factor);
  return with_numbers(settings, {{"rtol", at_least_roundoff(settings.real("rtol") * factor, format)}});
}

double needed_flashinfer(const GateInput& input, const Settings& settings) {
  const double atol = settings.real("atol"), rtol = TensorType(fp32_format()).scalar(settings.real("rtol"));
  const GateResult result = evaluate_flashinfer(input, settings);
  if (!(atol > 0) || !(result.share > 0) || !std::isfinite(result.share)) return result.share;
  std::vector<double> factors;
  for (const ElementAt& at : elements_of(input)) {
    const auto [error, relative] = errors_of(at, TensorType(input.format));
    factors.push_back(relative > rtol ? error / atol : 0);
  }
  return deciding(std::move(factors), settings.real("matched"));
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
      .scaled = scaled_flashinfer,
      .needed = needed_flashinfer};
}

}  // namespace tristab
