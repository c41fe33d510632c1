// KernelBench: torch.allclose(expected, output) with one number for both tolerances: in every element
//   y = x,   or   |y - x| is finite and |y - x| <= tolerance + |tolerance x|
// Versions 0 and 0.1: 1e-2; today by type: fp32 1e-4, fp16 and bf16 1e-2.
//
// Owner: https://github.com/ScalingIntelligence/KernelBench, src/kernelbench/eval.py (get_tolerance_for_precision and
// run_and_check_correctness). fp64, which the owner does not take, has the tolerance of fp32 here.
// Precision: the type of the two tensors, as `torch`.
// NaN is close to nothing; an infinity only to the same infinity.
// The tested output stands where allclose takes the reference: the allowed error grows with what the kernel returns.
#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

double tolerance_of(const Settings& settings, const TensorType& type) {
  if (!settings.is_automatic("tolerance")) return settings.real("tolerance");
  return type.is("fp16") || type.is("bf16") ? 1e-2 : 1e-4;
}

GateResult evaluate_kernelbench(const GateInput& input, const Settings& settings) {
  const TensorType type(input.format);
  const double tolerance = tolerance_of(settings, type);
  return all_close(input,
                   [&](const ElementAt& at) { return isclose(type, type.stored(at.y), at.x, tolerance, tolerance); });
}

}  // namespace

Gate kernelbench_gate() {
  return {.description = {.name = "kernelbench",
                          .summary = "every element close, absolute and relative tolerance the same",
                          .formula = "x = y, or |x - y| <= tolerance + |tolerance x| and finite, in every element",
                          .source = "https://github.com/ScalingIntelligence/KernelBench, src/kernelbench/eval.py",
                          .parameters = {number_or_auto("tolerance", 0, 1e6,
                                                        "absolute and relative; auto: 1e-2 (fp16, bf16), 1e-4 (fp32); "
                                                        "its first versions 1e-2, a hard set 0.05")}},
          .used_by = "KernelBench and the sets that follow it",
          .precision = "the type of the output, every operation rounded to it; the reference is rounded to it first",
          .nonfinite = "NaN is close to nothing; an infinity only to the same infinity",
          .hole = "outputs below the tolerance may be zeros; it is relative to the tested output, not to the reference",
          .main = "tolerance",
          .evaluate = evaluate_kernelbench,
          .scaled = [](const Settings& settings, const Format& format, double factor) {
            const double tolerance = tolerance_of(settings, TensorType(format)) * factor;
            return with_numbers(settings, {{"tolerance", at_least_roundoff(tolerance, format)}});
          }};
}

}  // namespace tristab
