// The registry of metrics: the one table from which listings, JSON and CSV fields and the schema are made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tristab {

// Position in the registry. The suffix strict_lower names the same metric over the strictly lower triangle of
// E, X and Xh alone, which the unit diagonal cannot flatter.
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

struct MetricInfo {
  Metric metric;
  std::string_view name;     // the field's name everywhere
  std::string_view formula;  // X exact, Xh computed, E = Xh - X, L = I + A, R = L Xh - I, u unit roundoff
  std::string_view source;   // who uses it, or where it is defined
  bool is_count = false;     // a count, never undefined; all others are real numbers
};

// All metrics in the order of the enumeration: metrics()[i].metric == Metric(i).
std::span<const MetricInfo> metrics();

// One number per metric; NaN where undefined, with the reason.
class MetricValues {
 public:
  double operator[](Metric m) const { return values_[position(m)]; }
  // nullptr where the metric is defined, else a short reason ("0/0"), fit for the record's `undefined`
  // object.
  const char* undefined(Metric m) const { return reasons_[position(m)]; }

  void set(Metric m,
           double value);  // a value that is not finite becomes undefined, "beyond the range of double"
  void set_undefined(Metric m, const char* reason);
  // numerator / denominator; undefined where the denominator is 0: "0/0", or "infinite: the exact value is
  // 0".
  void set_ratio(Metric m, double numerator, double denominator);

 private:
  static std::size_t position(Metric m) { return static_cast<std::size_t>(m); }
  std::array<double, metric_count> values_{};
  std::array<const char*, metric_count> reasons_{};
};

}  // namespace tristab
