// The metrics: what is measured on a computed inverse. Each is one row of the table in metric.cc; listings, fields of
// results, rankings, expectations, the schema and the page follow from it. measure.cc computes the values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "tristab/metric/number.h"

namespace tristab {

// Position in the registry. The suffix strict_lower names the same metric over only the strictly lower triangle of E, X
// and Xh, where the unit diagonal cannot hide errors.
enum class Metric : std::uint8_t {
  frobenius,
  strict_lower,
  max_abs,
  max_abs_strict_lower,
  max_rel,
  max_rel_strict_lower,
  nonzero_at_zero,
  nonzero_at_zero_strict_lower,
  normwise_1,
  normwise_1_strict_lower,
  normwise_inf,
  normwise_inf_strict_lower,
  normwise_2,
  normwise_2_strict_lower,
  row_relative,
  row_relative_strict_lower,
  rms_ratio,
  rms_ratio_strict_lower,
  snr_db,
  snr_db_strict_lower,
  pearson,
  pearson_strict_lower,
  cosine,
  cosine_strict_lower,
  max_ulp,
  max_ulp_strict_lower,
  residual_left,
  residual_left_strict_lower,
  residual_left_inf,
  residual_left_inf_strict_lower,
  residual_left_scaled,
  residual_left_inf_scaled,
  residual_right,
  residual_right_strict_lower,
  residual_right_inf,
  residual_right_inf_strict_lower,
  residual_right_scaled,
  residual_right_inf_scaled,
  backward_normwise,
  backward_normwise_strict_lower,
  backward_componentwise,
  backward_componentwise_strict_lower,
  backward_exact,
  backward_exact_strict_lower,
  bound,
  bound_ratio,
  nonfinite,
};

inline constexpr std::size_t metric_count = static_cast<std::size_t>(Metric::nonfinite) + 1;

struct MetricInfo : NumberInfo {
  Metric metric{};
  std::string whole;  // name of the metric over the whole matrix, for one over the strictly lower triangle; else ""
};

// All metrics in the order of the enumeration: metrics()[i].metric == Metric(i).
std::span<const MetricInfo> metrics();

// A number for each metric, or the reason why it has none.
class MetricValues {
 public:
  const Measured& measured(Metric m) const { return values_[position(m)]; }
  double operator[](Metric m) const { return measured(m).value; }  // NaN where undefined
  Undefined undefined(Metric m) const { return measured(m).undefined; }

  void set(Metric m, double value);  // beyond_double if the value is not finite
  void set_undefined(Metric m, Undefined reason) { values_[position(m)] = reason; }
  // numerator / denominator; if the denominator is 0: zero_over_zero or exact_zero.
  void set_ratio(Metric m, double numerator, double denominator);

 private:
  static std::size_t position(Metric m) { return static_cast<std::size_t>(m); }
  std::array<Measured, metric_count> values_{};
};

}  // namespace tristab
