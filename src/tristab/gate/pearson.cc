// tt-metal, comp_pcc: the correlation coefficient r of all entries of the output and of the reference is at least
// `minimum`. In this order:
//   both only NaN: passes. One of them only NaN: fails.
//   One of them only zeros, the other not: allclose with rtol 1e-5 and atol 1e-4 decides.
//   NaN and infinities, in either, become zeros. Equal then: passes.
//   r is undefined, for one of them is constant: allclose decides.
//
// Owner: https://github.com/tenstorrent/tt-metal, models/common/utility_functions.py. Until pull request 42848 (issue
// 24928) a constant output passed, whatever the reference, and one of only zeros failed.
// Precision: the type of the reference (here the output's), bf16 and fp8 in fp32; means, sums and r in double.
// NaN counts as zero, as above: some NaN in a large output go unnoticed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/gate/registry.h"
#include "tristab/gate/tensor.h"

namespace tristab {
namespace {

GateResult evaluate_pearson(const GateInput& input, const Settings& settings) {
  const TensorType own(input.format), work = own.is("bf16") || own.is_fp8() ? TensorType(fp32_format()) : own;
  const double minimum = settings.real("minimum");
  std::vector<ElementAt> elements = elements_of(input);
  if (elements.empty()) return refused_empty();
  for (ElementAt& at : elements) at.y = own.stored(at.y);

  const auto is_nan = [](double v) { return std::isnan(v); };
  const bool x_nan = std::ranges::all_of(elements, is_nan, &ElementAt::x);
  const bool y_nan = std::ranges::all_of(elements, is_nan, &ElementAt::y);
  if (x_nan && y_nan) return compared(true, 1, minimum, "output and reference are only NaN");
  if (x_nan || y_nan) {
    GateResult result = refused_empty();
    result.text = x_nan ? "the output is only NaN" : "the reference is only NaN";
    return result;
  }
  const auto by_allclose = [&](const TensorType& type, const char* why) {
    GateResult result{true, 0, std::nan(""), minimum, "", {}};
    for (const ElementAt& at : elements) {
      const Closeness found = isclose(type, at.y, at.x, 1e-5, 1e-4);
      result.passes = result.passes && found.close;
      result.share = std::max(result.share, found.share());
    }
    result.text =
        fmt::format("{}: {} within 1e-04 + 1e-05 |x|", why, result.passes ? "every entry" : "not every entry");
    return result;
  };
  const auto is_zero = [](double v) { return v == 0; };
  if (std::ranges::all_of(elements, is_zero, &ElementAt::x) != std::ranges::all_of(elements, is_zero, &ElementAt::y))
    return by_allclose(own, "only one of output and reference is zero");

  double sum_x = 0, sum_y = 0;
  bool equal = true;
  for (ElementAt& at : elements) {
    at = {std::isfinite(at.x) ? at.x : 0, std::isfinite(at.y) ? at.y : 0};
    equal = equal && at.x == at.y;
    sum_x += at.x;
    sum_y += at.y;
  }
  if (equal) return {true, 0, 1, minimum, "correlation 1: output and reference are equal", {}};
  const auto count = static_cast<double>(elements.size());
  const double mean_x = work.result(sum_x / count), mean_y = work.result(sum_y / count);
  double covariance = 0, squares_x = 0, squares_y = 0;
  const auto add_up = [&](auto rounded) {
    covariance = squares_x = squares_y = 0;
    for (const ElementAt& at : elements) {
      const double x = work.result(at.x - mean_x), y = work.result(at.y - mean_y);
      covariance += rounded(x * y);
      squares_x += rounded(x * x);
      squares_y += rounded(y * y);
    }
  };
  add_up([&](double product) { return work.result(product); });
  // Products beyond the type's range: the owner repeats them in double.
  if (!std::isfinite(covariance) || !std::isfinite(std::sqrt(squares_x * squares_y)))
    add_up([](double product) { return product; });
  const double r = covariance / std::sqrt(squares_x * squares_y);
  if (std::isnan(r)) return by_allclose(work, "one of output and reference is constant");
  GateResult result =
      compared(r >= minimum, 1 - r, 1 - minimum, fmt::format("correlation {:.6f}, required at least {:g}", r, minimum));
  result.value = r;
  result.limit = minimum;
  return result;
}

}  // namespace

Gate pearson_gate() {
  return {.description = {.name = "pearson",
                          .summary = "correlation coefficient of all entries",
                          .formula = "sum (x - mean x) (y - mean y) / sqrt(sum (x - mean x)^2 sum (y - mean y)^2) >= "
                                     "minimum",
                          .source = "https://github.com/tenstorrent/tt-metal, models/common/utility_functions.py "
                                    "(comp_pcc)",
                          .parameters = {Parameter::real("minimum", 0.99, -1, 1, "least correlation")}},
          .used_by = "tt-metal",
          .precision = "the output's type (bf16: fp32), sums in double",
          .nonfinite = "NaN and infinities count as zeros; only NaN in both passes, in one of them fails",
          .hole =
              "a factor on all entries, or a constant added, changes nothing; the diagonal of an inverse "
              "correlates with itself",
          .main = "minimum",
          .evaluate = evaluate_pearson,
          .scaled = scaled_correlation};
}

}  // namespace tristab
