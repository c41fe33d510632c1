#include "tristab/sweep/quantity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace tristab {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// A failed trial has an answer to nothing.
template <typename Value>
Quantity of_record(std::string name, Value value) {
  return {std::move(name), false, [value](const MatrixResult&, const Record& record) {
            return record.status == Status::failed ? nan : static_cast<double>(value(record));
          }};
}

template <auto Member>
Quantity counted(std::string name) {
  return of_record(std::move(name), [](const Record& record) { return record.trace.total().*Member; });
}

template <typename Value>
Quantity of_matrix(std::string name, Value value) {
  return {std::move(name), false, [value](const MatrixResult& matrix, const Record&) {
            return matrix.condition ? value(*matrix.condition) : nan;
          }};
}

template <auto Member>
Quantity condition(std::string name) {
  return of_matrix(std::move(name), [](const ConditionReport& report) { return report.*Member; });
}

double largest_power(const ConditionReport& report) {
  double largest = 0;
  for (std::size_t k = 1; k < report.power_max.size(); ++k) largest = std::max(largest, report.power_max[k]);
  return largest;
}

std::vector<Quantity> all_quantities() {
  std::vector<Quantity> list;
  for (const MetricInfo& info : metrics()) {
    list.push_back({std::string(info.name), larger_is_better(info.metric),
                    [metric = info.metric](const MatrixResult&, const Record& record) {
                      return record.status == Status::failed ? nan : ranked_value(record.metrics, metric);
                    }});
  }
  using S = StageTrace;
  using C = ConditionReport;
  list.push_back(of_record("total_frobenius", [](const Record& r) { return r.total_frobenius; }));
  list.push_back(of_record("error_formation", [](const Record& r) { return r.error_formation; }));
  list.push_back(of_record("growth", [](const Record& r) { return r.growth; }));
  list.push_back(of_record("dead_growth", [](const Record& r) { return r.dead_growth; }));
  list.push_back(counted<&S::overflows_live>("overflows"));
  list.push_back(counted<&S::overflows_dead>("dead_overflows"));
  list.push_back(counted<&S::underflows>("underflows"));
  list.push_back(counted<&S::saturations>("saturations"));
  list.push_back(condition<&C::cond_1>("matrix.cond_1"));
  list.push_back(condition<&C::cond_inf>("matrix.cond_inf"));
  list.push_back(condition<&C::cond_2>("matrix.cond_2"));
  list.push_back(condition<&C::cond_frobenius>("matrix.cond_frobenius"));
  list.push_back(condition<&C::cond_skeel>("matrix.cond_skeel"));
  list.push_back(condition<&C::norm_inf>("matrix.norm_inf"));
  list.push_back(condition<&C::norm_2>("matrix.norm_2"));
  list.push_back(condition<&C::max_abs>("matrix.max_abs"));
  list.push_back(condition<&C::inverse_max_abs>("matrix.inverse_max_abs"));
  list.push_back(of_matrix("matrix.power_max", largest_power));
  return list;
}

template <typename Value>
LayerQuantity of_layer(std::string name, Value value) {
  return {std::move(name), [value](const LayerResult& sequence, const LayerRecord& record) {
            return record.status == Status::failed ? nan : static_cast<double>(value(sequence, record));
          }};
}

template <double LayerError::*Part>
LayerQuantity error_of(std::string name) {
  return of_layer(std::move(name),
                  [](const LayerResult&, const LayerRecord& record) { return record.errors.whole.*Part; });
}

double largest_state(const LayerRecord& record) {
  return record.status == Status::nonfinite ? infinity : record.errors.state_max;
}

std::vector<LayerQuantity> all_layer_quantities() {
  std::vector<LayerQuantity> list;
  list.push_back(error_of<&LayerError::w>("w"));
  list.push_back(error_of<&LayerError::u>("u"));
  list.push_back(error_of<&LayerError::o>("o"));
  list.push_back(error_of<&LayerError::state>("state"));
  list.push_back(of_layer(
      "state_max", [](const LayerResult&, const LayerRecord& record) { return largest_state(record); }));
  list.push_back(of_layer("state_growth", [](const LayerResult& sequence, const LayerRecord& record) {
    return largest_state(record) / sequence.state_max;
  }));
  list.push_back(of_layer("nonfinite", [](const LayerResult&, const LayerRecord& record) {
    return record.status == Status::nonfinite ? 1 : 0;
  }));
  return list;
}

}  // namespace

bool larger_is_better(Metric metric) {
  switch (metric) {
    case Metric::snr_db:
    case Metric::snr_db_strict_lower:
    case Metric::pearson:
    case Metric::pearson_strict_lower:
    case Metric::cosine:
    case Metric::cosine_strict_lower:
      return true;
    default:
      return false;
  }
}

double ranked_value(const MetricValues& values, Metric metric) {
  const char* reason = values.undefined(metric);
  if (reason == nullptr) return values[metric];
  return std::string_view(reason).starts_with("infinite") ? infinity : nan;
}

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> list = all_quantities();
  return list;
}

const std::vector<LayerQuantity>& layer_quantities() {
  static const std::vector<LayerQuantity> list = all_layer_quantities();
  return list;
}

}  // namespace tristab
