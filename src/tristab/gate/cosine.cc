// Cosine similarity of output and reference, each taken as one vector:
//   sum (x / max(norm(x), 1e-8)) (y / max(norm(y), 1e-8)) > minimum
//
// Owner: https://github.com/vllm-project/vllm, tests/kernels/moe (FlashInfer's and CUTLASS' NVFP4 kernels against a
// dequantized reference): above 0.99, gated ones above 0.95. These tests also hold each token's cosine to 0.9, which is
// not part of this gate. The formula is torch.nn.functional.cosine_similarity's.
// Precision: fp32, after the reference is rounded to the output's type. Sums are in double, rounded at the end, for
// torch's order is not fixed.
// NaN and infinities give NaN, which is not above anything: they fail.
#include <fmt/format.h>

#include <cmath>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

GateResult evaluate_cosine(const GateInput& input, const Settings& settings) {
  const TensorType own(input.format), type(fp32_format());
  const double minimum = settings.real("minimum");
  std::vector<ElementAt> elements = elements_of(input);
  double squares_x = 0, squares_y = 0, sum = 0;
  for (ElementAt& at : elements) {
    at = {type.stored(at.x), type.stored(own.stored(at.y))};
    squares_x += at.x * at.x;
    squares_y += at.y * at.y;
  }
  const auto norm_of = [&](double squares) {
    const double norm = type.stored(std::sqrt(squares)), least = type.scalar(1e-8);
    return norm < least ? least : norm;
  };
  const double norm_x = norm_of(squares_x), norm_y = norm_of(squares_y);
  for (const ElementAt& at : elements) sum += type.result(type.result(at.x / norm_x) * type.result(at.y / norm_y));
  const double cosine = type.stored(sum);
  GateResult result = compared(cosine > minimum, 1 - cosine, 1 - minimum,
                               fmt::format("cosine {:.6f}, required above {:g}", cosine, minimum));
  result.value = cosine;
  result.limit = minimum;
  return result;
}

}  // namespace

Gate cosine_gate() {
  return {.description = {.name = "cosine",
                          .summary = "cosine similarity of output and reference",
                          .formula = "sum x y / (norm_2(x) norm_2(y)) > minimum",
                          .source = "https://github.com/vllm-project/vllm, tests/kernels/moe; "
                                    "torch.nn.functional.cosine_similarity",
                          .parameters = {Parameter::real("minimum", 0.99, -1, 1, "the cosine must be above it")}},
          .used_by = "vLLM's tests of low-bit kernels",
          .precision = "fp32, after the reference is rounded to the output's type; sums in double",
          .nonfinite = "NaN fails; an infinity fails",
          .hole = "a factor on all entries changes nothing; errors of 10% give 0.995",
          .main = "minimum",
          .evaluate = evaluate_cosine,
          .scaled = scaled_correlation};
}

}  // namespace tristab
