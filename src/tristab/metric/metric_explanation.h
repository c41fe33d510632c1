// What a metric is good for and what it hides, beside its formula and source in the registry.
#pragma once

#include <string_view>

#include "tristab/metric/metric.h"

namespace tristab {

struct MetricExplanation {
  std::string_view range;  // values it can take, their unit, and which end is better
  std::string_view shows;  // what it is good for
  std::string_view hides;  // what it cannot see
  std::string_view
      undefined;  // when it is null; a result with infinities or NaN leaves every metric but counts so
};

// Of a metric over the strictly lower triangle: that of the whole (whole_metric).
const MetricExplanation& explain(Metric metric);

// The metric over the whole matrix of NAME_strict_lower; the metric itself for any other.
Metric whole_metric(Metric metric);

}  // namespace tristab
