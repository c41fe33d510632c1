#include "tristab/metric/verdict.h"

#include <algorithm>

namespace tristab {
namespace {

ForFormat word_for(double ratio, double limit) {
  if (ratio <= limit) return ForFormat::normal;
  return ratio <= high_factor * limit ? ForFormat::high : ForFormat::excessive;
}

}  // namespace

ForFormat judge_for_layer(double ratio) { return word_for(ratio, normal_limit_layer); }

ForFormat judge_for_format(const MetricValues& values, bool integers, bool trivial) {
  if (values[Metric::nonfinite] > 0) return ForFormat::nonfinite;
  if (trivial) return ForFormat::trivial;
  if (values[Metric::frobenius] == 0) return ForFormat::normal;
  const double ratio = values[Metric::bound_ratio];  // NaN if undefined: an error although the bound is 0
  return word_for(ratio, integers ? normal_limit_integer : normal_limit_floating);
}

bool is_trivial(double strict_lower_frobenius, double frobenius, double unit_roundoff) {
  return strict_lower_frobenius <= std::min(unit_roundoff, 0x1p-9) * frobenius;
}

}  // namespace tristab
