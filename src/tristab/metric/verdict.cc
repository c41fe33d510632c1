#include "tristab/metric/verdict.h"

namespace tristab {

Verdict judge(const MetricValues& values) {
  if (values[Metric::nonfinite] > 0) return Verdict::nonfinite;
  if (values[Metric::frobenius] == 0) return Verdict::pass;
  if (values[Metric::strict_lower] > strict_lower_limit) return Verdict::fail;
  const double ratio = values[Metric::bound_ratio];  // NaN if undefined: an error although the bound is 0
  if (ratio <= pass_limit) return Verdict::pass;
  if (ratio <= marginal_limit) return Verdict::marginal;
  return Verdict::fail;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::marginal:
      return "marginal";
    case Verdict::fail:
      return "fail";
    case Verdict::nonfinite:
      return "nonfinite";
  }
  return "";
}

}  // namespace tristab
