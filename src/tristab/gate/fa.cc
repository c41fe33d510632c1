// FlashAttention: the error is at most twice that of the same computation by the framework in the same 16-bit type:
//   max|x - y| <= factor max|p - y| + atol,   p the peer (GateInput::peer), factor 2, atol 1e-5
//
// Owner: https://github.com/Dao-AILab/flash-attention, tests/test_flash_attn.py. Some of its checks have no atol; its
// fp8 tests have factor 4 and also compare means; newer ones (tests/cute) take twice the rounding error of y + 0.3 -
// 0.3 in place of 1e-5. Precision: the type of the output, to which y (computed in fp32) is rounded, and in which
// differences are formed; the comparison is in double, as in Python. NaN in x or in the peer fails: a comparison with
// NaN is false. The same infinity in x and y has the difference NaN.
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"
#include "tristab/matrix/norms.h"

namespace tristab {
namespace {

GateResult evaluate_fa(const GateInput& input, const Settings& settings) {
  if (!input.peer) throw std::logic_error("gate fa: no peer");
  const TensorType type(input.format);
  double largest = 0, of_peer = 0;
  std::size_t number = 0, worst = 0;
  const std::vector<ElementAt> elements = elements_of(input);
  if (elements.empty()) return refused_empty();
  for (const ElementAt& at : elements) {
    const double difference = std::fabs(type.result(at.x - type.stored(at.y)));
    if (!(difference <= largest) && !std::isnan(largest)) worst = number;
    largest = max_or_nan(largest, difference);
    ++number;
  }
  for (const ElementAt& at : elements_of({input.peer(), input.expected, input.format, {}, {}}))
    of_peer = max_or_nan(of_peer, std::fabs(type.result(at.x - type.stored(at.y))));
  const double factor = settings.real("factor"), allowed = factor * of_peer + settings.real("atol");
  const GatePlace place = place_of(input, worst);
  GateResult result =
      compared(largest <= allowed, largest, allowed,
               fmt::format("largest difference {:.2e} {}, allowed {:.2e}: {:g} times the peer's {:.2e}, and {:g}",
                           largest, text_of(place), allowed, factor, of_peer, settings.real("atol")));
  result.worst = place;
  return result;
}

}  // namespace

Gate fa_gate() {
  return {.description = {.name = "fa",
                          .summary = "the error at most twice that of the framework in the same 16-bit type",
                          .formula = "max|x - y| <= factor max|p - y| + atol, p a plain computation in x's format",
                          .source = "https://github.com/Dao-AILab/flash-attention, tests/test_flash_attn.py",
                          .parameters = {Parameter::real("factor", 2, 0, 1e6, "of the peer's largest error"),
                                         Parameter::real("atol", 1e-5, 0, 1e6, "added to what is allowed")}},
          .used_by = "FlashAttention",
          .precision = "differences in the type of the output, to which the reference is rounded; the rest in double",
          .nonfinite = "NaN fails, in the peer too; an infinity fails",
          .hole = "one large error of the peer allows errors of that size in every entry",
          .main = "factor",
          .suffix = "x",
          .needs_peer = true,
          .evaluate = evaluate_fa,
          .scaled = [](const Settings& settings, const Format&, double factor) {
            return with_multiplied(settings, {"factor", "atol"}, factor);
          }};
}

}  // namespace tristab
