// torch.testing.assert_close: in every element
//   x = y,   or   |x - y| is finite and |x - y| <= atol + |rtol y|
// Without rtol and atol, by type: fp16 1e-3 and 1e-5, bf16 1.6e-2 and 1e-5, fp32 1.3e-6 and 1e-5, fp64 1e-7 and 1e-7.
//
// Owner: https://github.com/pytorch/pytorch, torch/testing/_comparison.py (tolerances) and
// aten/src/ATen/native/TensorCompare.cpp (isclose).
// Precision: the type of the two tensors, each operation rounded (gate/tensor.h); y is rounded to that type first, as
// assert_close refuses tensors of two types. So in bf16 the allowed error itself is a bf16 number. (Its first versions,
// pull request 60536, compared in fp64.) fp8 tensors must be equal, whatever the tolerances (pull request 150002).
// NaN is close to nothing, not to NaN either (equal_nan = False). An infinity is close to the same infinity only.
// The owner demands both tolerances or none; here one that is not given has its default.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

struct Tolerances {
  double rtol = 0, atol = 0;
};

Tolerances tolerances_of(const Settings& settings, const TensorType& type) {
  if (type.is_fp8()) return {};
  Tolerances chosen = type.is("fp16")   ? Tolerances{1e-3, 1e-5}
                      : type.is("bf16") ? Tolerances{1.6e-2, 1e-5}
                      : type.is("fp32") ? Tolerances{1.3e-6, 1e-5}
                                        : Tolerances{1e-7, 1e-7};
  if (!settings.is_automatic("rtol")) chosen.rtol = settings.real("rtol");
  if (!settings.is_automatic("atol")) chosen.atol = settings.real("atol");
  return chosen;
}

GateResult evaluate_torch(const GateInput& input, const Settings& settings) {
  const TensorType type(input.format);
  const Tolerances tolerances = tolerances_of(settings, type);
  return all_close(input, [&](const ElementAt& at) {
    return isclose(type, at.x, type.stored(at.y), tolerances.rtol, tolerances.atol);
  });
}

// atol follows the outputs and rtol stays: a larger one would accept zeros. Without atol there is rtol alone.
Settings scaled_torch(const Settings& settings, const Format& format, double factor) {
  const Tolerances tolerances = tolerances_of(settings, TensorType(format));
  if (tolerances.atol > 0)
    return with_numbers(settings, {{"rtol", tolerances.rtol}, {"atol", tolerances.atol * factor}});
  return with_numbers(settings, {{"rtol", at_least_roundoff(tolerances.rtol * factor, format)}, {"atol", 0}});
}

double needed_torch(const GateInput& input, const Settings& settings) {
  const TensorType type(input.format);
  const Tolerances tolerances = tolerances_of(settings, type);
  if (!(tolerances.atol > 0)) return evaluate_torch(input, settings).share;
  double most = 0;  // of atol, beside rtol
  for (const ElementAt& at : elements_of(input)) {
    const Closeness found = isclose(type, at.x, type.stored(at.y), tolerances.rtol, 0);
    if (found.close) continue;
    if (!std::isfinite(found.actual)) return std::numeric_limits<double>::infinity();
    most = std::max(most, found.actual - found.allowed);
  }
  return most / tolerances.atol;
}

}  // namespace

Gate torch_gate() {
  return {.description = {.name = "torch",
                          .summary = "every element close, by torch.testing.assert_close",
                          .formula = "x = y, or |x - y| <= atol + |rtol y| and finite, in every element",
                          .source = "https://github.com/pytorch/pytorch, torch/testing/_comparison.py and "
                                    "aten/src/ATen/native/TensorCompare.cpp",
                          .parameters = {number_or_auto("rtol", 0, 1e6,
                                                        "relative to the reference; auto: 1e-3 (fp16), 1.6e-2 "
                                                        "(bf16), 1.3e-6 (fp32), 1e-7 (fp64)"),
                                         number_or_auto("atol", 0, 1e6, "absolute; auto: 1e-5, fp64 1e-7")}},
          .used_by = "most tests of kernels",
          .precision = "the type of the output, every operation rounded to it; the reference is rounded to it first",
          .nonfinite = "NaN is close to nothing; an infinity only to the same infinity",
          .hole = "an atol above the size of the outputs accepts zeros",
          .evaluate = evaluate_torch,
          .scaled = scaled_torch,
          .needed = needed_torch};
}

}  // namespace tristab
