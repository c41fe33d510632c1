// Ascend's double benchmark: errors of the output over errors of a second implementation in the same format, the peer,
// both against a result of higher precision. Entries with |y| <= small (2^-10; fp32 2^-20) are counted apart:
//   e = |x - y| / (|y| + eps) over the other entries: its largest and its mean;
//   RMS(x - y) over the other entries; the part of the small entries with |x - y| > 1e-16 (fp32 2^-30).
// Each of the four numbers of the output over max(that of the peer, floor) is at most its limit:
//   dual: 10, 2, 2 and 2; L1: 5, 1.5, 1.5 and 2; L2: 2, 1.2, 1.2 and 2. floor: fp16 2^-11, bf16 2^-8, fp32 2^-14.
//
// Owner: https://github.com/Ascend/msprobe, python/msprobe/pytorch/api_accuracy_checker: compare/algorithm.py,
// precision_standard/benchmark_compare.py and standard_config.py. Operators that it does not list, such as those of a
// delta rule, are of level L0, `dual` here. Its balance of signs is computed and judges nothing.
// Precision: that of numpy for output and reference: fp32 for 16-bit outputs (reference in fp32), double for fp32
// (reference in double). eps is that of the reference's type, for bf16 2^-8. Sums in double, means rounded at the end.
// NaN and infinities, in either tensor, leave their entry out. An output of only NaN passes, and one without entries.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

struct Constants {
  double small, small_atol, floor, eps;
};

Constants constants_of(const TensorType& type) {
  if (type.is("fp16")) return {0x1p-10, 1e-16, 0x1p-11, 0x1p-23};
  if (type.is("bf16")) return {0x1p-10, 1e-16, 0x1p-8, 0x1p-8};
  return {0x1p-20, 0x1p-30, 0x1p-14, 0x1p-52};
}

constexpr std::array<const char*, 4> names = {"maximum", "mean", "rms", "small"};

std::array<double, 4> limits_of(const Settings& settings) {
  const std::string& level = settings.text("level");
  std::array<double, 4> limits = level == "L2"   ? std::array<double, 4>{2, 1.2, 1.2, 2}
                                 : level == "L1" ? std::array<double, 4>{5, 1.5, 1.5, 2}
                                                 : std::array<double, 4>{10, 2, 2, 2};
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (!settings.is_automatic(names[k])) limits[k] = settings.real(names[k]);
  }
  return limits;
}

// The four numbers, in the order of `names`.
std::array<double, 4> errors_of(const GateInput& input, const TensorType& own) {
  // numpy's common type: fp32 for 16-bit outputs, double for fp32 ones.
  const bool in_double = own.is("fp32") || own.is("fp64");
  const TensorType common(in_double ? fp64_format() : fp32_format());
  const Constants constants = constants_of(own);
  double largest = 0, relative = 0, squares = 0;
  double all = 0, others = 0, small = 0, small_wrong = 0;
  for (const ElementAt& at : elements_of(input)) {
    const double x = at.x, y = common.stored(at.y);
    const bool finite = std::isfinite(x) && std::isfinite(own.is("bf16") ? y : own.stored(y));
    ++all;
    if (!finite) continue;
    const double error = std::fabs(common.result(x - y));
    if (std::fabs(y) <= constants.small) {
      ++small;
      small_wrong += error > constants.small_atol;
      continue;
    }
    ++others;
    const double e = common.result(error / common.result(std::fabs(y) + constants.eps));
    largest = std::max(largest, e);
    relative += e;
    squares += common.result(error * error);
  }
  const double left_out = all - others;
  const double mean_square = all > 0 ? common.stored(squares / all) * (all / (all - left_out + 0.0001) + 0.0001) : 0;
  return {largest, others > 0 ? common.stored(relative / others) : 0, std::sqrt(mean_square),
          small > 0 ? small_wrong / small : 0};
}

GateResult evaluate_ascend(const GateInput& input, const Settings& settings) {
  if (!input.peer) throw std::logic_error("gate ascend: no peer");
  const TensorType own(input.format);
  const std::array<double, 4> limits = limits_of(settings), found = errors_of(input, own);
  const std::array<double, 4> peer = errors_of({input.peer(), input.expected, input.format, {}, {}}, own);
  bool passes = true;
  std::size_t worst = 0;
  std::array<double, 4> ratios{}, shares{};
  for (std::size_t k = 0; k < names.size(); ++k) {
    ratios[k] = found[k] / std::max(peer[k], constants_of(own).floor);
    // Numbers that are not finite pass only if both are the same.
    const bool finite = std::isfinite(found[k]) && std::isfinite(peer[k]);
    const bool holds = finite ? !(ratios[k] > limits[k]) : found[k] == peer[k];
    passes = passes && holds;
    shares[k] = share_of(holds, finite ? ratios[k] : found[k], limits[k]);
    if (shares[k] > shares[worst]) worst = k;
  }
  return {passes,
          shares[worst],
          ratios[worst],
          limits[worst],
          fmt::format("errors over the peer's: largest {:.3g}, mean {:.3g}, RMS {:.3g}, small entries {:.3g}; allowed "
                      "{:g}, {:g}, {:g}, {:g}",
                      ratios[0], ratios[1], ratios[2], ratios[3], limits[0], limits[1], limits[2], limits[3]),
          {}};
}

}  // namespace

Gate ascend_gate() {
  return {
      .description =
          {.name = "ascend",
           .summary = "errors over those of a second implementation in the same format",
           .formula = "largest and mean of |x - y| / (|y| + eps), and RMS(x - y), over those of the peer, "
                      "each at most its limit",
           .source = "https://github.com/Ascend/msprobe, python/msprobe/pytorch/api_accuracy_checker",
           .parameters = {Parameter::choice("level", "dual", {"dual", "L1", "L2"},
                                            "limits of largest, mean, RMS: 10, 2, 2; 5, 1.5, 1.5; 2, "
                                            "1.2, 1.2"),
                          number_or_auto("maximum", 0, 1e9, "limit of the largest relative error; auto: by level"),
                          number_or_auto("mean", 0, 1e9, "limit of the mean relative error; auto: by level"),
                          number_or_auto("rms", 0, 1e9, "limit of RMS(x - y); auto: by level"),
                          number_or_auto("small", 0, 1e9, "limit of the part of small entries that differ; auto: 2")}},
      .used_by = "msprobe and ATK, kernels of Ascend NPUs",
      .precision = "fp32 for 16-bit outputs, else double; sums in double",
      .nonfinite = "entries that are NaN or infinite in output or reference are left out",
      .hole =
          "an output of only NaN passes; errors up to limit times floor pass whatever the peer does (bf16: 0.0078 "
          "in RMS)",
      .main = "level",
      .needs_peer = true,
      .evaluate = evaluate_ascend,
      .scaled = [](const Settings& settings, const Format&, double factor) {
        std::vector<std::pair<std::string, double>> numbers;
        const std::array<double, 4> limits = limits_of(settings);
        for (std::size_t k = 0; k < names.size(); ++k) numbers.emplace_back(names[k], limits[k] * factor);
        return with_numbers(settings, numbers);
      }};
}

}  // namespace tristab
