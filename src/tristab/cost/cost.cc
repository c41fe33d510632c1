#include "tristab/cost/cost.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tristab/arithmetic/machines.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

constexpr int kTile = 16;  // the smallest side of a product on a matrix unit

double padded(int side) {
  const int tiles = (side + kTile - 1) / kTile;
  return static_cast<double>(tiles) * kTile;
}

double padded_flops(const ProductShape& shape) {
  return 2 * padded(shape.rows) * padded(shape.inner) * padded(shape.columns) * shape.batch *
         static_cast<double>(shape.count);
}

// Positions in ascending order, equal values at the mean of theirs.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return values[x] < values[y]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t k = first; k <= last; ++k) rank[order[k]] = 0.5 * static_cast<double>(first + last);
    first = last + 1;
  }
  return rank;
}

std::string kind_of(const TimeEstimate& time) { return time.vector_chain ? "vector steps" : "products"; }

TimeEstimate largest_of(TimeEstimate bounds) {
  using Limit = TimeEstimate::Limit;
  bounds.ns = std::max(bounds.memory, bounds.compute());
  bounds.limit = bounds.ns == bounds.memory       ? Limit::memory
                 : bounds.ns == bounds.throughput ? Limit::throughput
                                                  : Limit::latency;
  return bounds;
}

}  // namespace

InversionCost count_cost(const MethodSpec& spec, int n, Machines& machines) {
  static const Arithmetic narrow = make_arithmetic("fp16", Json::object(), "cost");
  const Matrix zero(n, n);
  return {invert(spec, narrow, {zero}, machines.machine_for(narrow)).trace, n};
}

TimeEstimate estimate_time(const InversionCost& cost, std::span<const StageUnit> stages, double bytes_in,
                           double bytes_out, const Hardware& hardware) {
  const auto unit_of = [&](const std::string& stage) -> const HardwareUnit& {
    const auto found = std::find_if(stages.begin(), stages.end(), [&](const StageUnit& s) { return s.stage == stage; });
    const auto rest = std::find_if(stages.begin(), stages.end(), [](const StageUnit& s) { return s.stage == "*"; });
    return found != stages.end() ? *found->unit : *rest->unit;
  };
  double work = 0;                          // ns of the whole chip
  double product_steps = 0, step_time = 0;  // products, and the sum of their latencies
  for (const StageTrace& stage : cost.trace.stages) {
    if (stage.steps == 0) continue;
    const HardwareUnit& unit = unit_of(stage.name);
    const double passes = unit.arithmetic.split ? 3 : 1;
    double flops = 0;
    for (const ProductShape& shape : stage.products) flops += padded_flops(shape);
    work += passes * flops / (unit.tflops * 1e3);
    work += stage.vector_flops / (hardware.vector.steps_tflops * 1e3);
    work += static_cast<double>(stage.casts) / unit.casts_per_ns;
    product_steps += static_cast<double>(stage.matmuls);
    step_time += passes * static_cast<double>(stage.matmuls) * unit.step_ns;
  }
  const double step = product_steps > 0 ? step_time / product_steps : 0;
  const double chain = static_cast<double>(cost.trace.product_depth) * step +
                       static_cast<double>(cost.trace.vector_depth) * hardware.vector.step_ns +
                       work * hardware.multiprocessors;
  const double space = std::max(1.0, static_cast<double>(cost.trace.workspace_bytes));
  const double fitting =
      std::clamp(std::floor(hardware.local_kib * 1024 / space), 1.0, static_cast<double>(hardware.most_in_work));
  const double memory = (bytes_in + bytes_out) / hardware.memory_gb_s;
  const double latency = chain / (fitting * hardware.multiprocessors);
  TimeEstimate estimate = largest_of({memory, work, latency});
  estimate.vector_chain = cost.trace.vector_depth > cost.trace.product_depth;
  return estimate;
}

const char* name_of(TimeEstimate::Limit limit) {
  switch (limit) {
    case TimeEstimate::Limit::memory:
      return "memory";
    case TimeEstimate::Limit::throughput:
      return "throughput";
    case TimeEstimate::Limit::latency:
      return "latency";
    default:
      return "measured";
  }
}

PredictionQuality compare_times(std::span<const double> predicted, std::span<const double> measured) {
  std::vector<double> x, y;
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    if (std::isnan(predicted[k])) continue;
    x.push_back(predicted[k]);
    y.push_back(measured[k]);
  }
  PredictionQuality quality;
  quality.times = static_cast<int>(x.size());
  for (std::size_t k = 0; k < x.size(); ++k)
    quality.worst_factor = std::max({quality.worst_factor, x[k] / y[k], y[k] / x[k]});
  const std::vector<double> rank_x = ranks(x), rank_y = ranks(y);
  const double middle = 0.5 * (static_cast<double>(x.size()) - 1);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    xy += (rank_x[k] - middle) * (rank_y[k] - middle);
    xx += (rank_x[k] - middle) * (rank_x[k] - middle);
    yy += (rank_y[k] - middle) * (rank_y[k] - middle);
  }
  quality.rank_correlation = xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
  return quality;
}

std::vector<TimeEstimate> predicted_times(const Hardware& hardware, Machines& machines) {
  std::vector<TimeEstimate> times;
  for (const MeasuredTime& entry : hardware.measured) {
    TimeEstimate time;
    time.ns = std::numeric_limits<double>::quiet_NaN();
    const HardwareUnit* unit = hardware.unit(entry.arithmetic);
    if (unit != nullptr) {
      const double elements = static_cast<double>(entry.n) * entry.n;
      const double in = elements * unit->arithmetic.storage.bits / 8, out = elements * 4;
      try {
        if (entry.method == "copy") {
          time = largest_of({(in + out) / hardware.memory_gb_s, 0, 0});
        } else {
          const StageUnit all{"*", unit};
          const MethodSpec spec = expand_method(Json(entry.method), "measured").front();
          time = estimate_time(count_cost(spec, entry.n, machines), {&all, 1}, in, out, hardware);
        }
      } catch (const UsageError&) {  // a peer that is no method of this program
      }
    }
    times.push_back(time);
  }
  return times;
}

PredictionQuality prediction_quality(std::span<const MeasuredTime> measured, std::span<const TimeEstimate> predicted,
                                     std::optional<int> n) {
  std::vector<double> x, y;
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    if (n && measured[k].n != *n) continue;
    x.push_back(predicted[k].ns);
    y.push_back(measured[k].ns);
  }
  return compare_times(x, y);
}

TimeCorrection::TimeCorrection(const Hardware& hardware, int n, Machines& machines) {
  Hardware of_size = hardware;
  std::erase_if(of_size.measured, [&](const MeasuredTime& time) { return time.n != n; });
  const std::vector<TimeEstimate> predicted = predicted_times(of_size, machines);
  const auto add = [](Mean& mean, double measured, double time) {
    mean.logarithms += std::log(measured / time);
    ++mean.times;
  };
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    if (of_size.measured[k].method == "copy") add(memory_, of_size.measured[k].ns, predicted[k].memory);
  }
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    const MeasuredTime& time = of_size.measured[k];
    constexpr double above = 1.1;  // what is no slower than memory says nothing of the rest
    if (std::isnan(predicted[k].ns) || time.method == "copy" || time.ns < above * predicted[k].memory * memory_.value())
      continue;
    for (const std::string& name : {time.method.substr(0, time.method.find(':')), kind_of(predicted[k])})
      add(compute_[name], time.ns, predicted[k].compute());
  }
}

TimeEstimate TimeCorrection::corrected(const TimeEstimate& predicted, const std::string& method) const {
  auto found = compute_.find(method);
  if (found == compute_.end()) found = compute_.find(kind_of(predicted));
  const double compute = found == compute_.end() ? 1 : found->second.value();
  return largest_of({predicted.memory * memory_.value(), predicted.throughput * compute, predicted.latency * compute});
}

}  // namespace tristab
