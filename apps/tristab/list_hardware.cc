#include "list_hardware.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "list_text.h"
#include "tristab/cost/cost.h"

namespace tristab {
namespace {

void print_rates(const Hardware& hardware) {
  Table table({{"unit"}, {"TFLOP/s", true}, {"casts/ns", true}, {"ns a step", true}});
  const auto add = [&](const HardwareUnit& unit, const char* what) {
    table.add_row({unit.arithmetic.label + what, fmt::format("{:g}", unit.tflops),
                   fmt::format("{:g}", unit.casts_per_ns), fmt::format("{:g}", unit.step_ns)});
  };
  for (const HardwareUnit& unit : hardware.matrix) add(unit, "");
  add(hardware.vector, " (vector)");
  print_table(table);
}

void print_times(const Hardware& hardware) {
  Machines machines;
  const std::vector<TimeEstimate> predicted = predicted_times(hardware, machines);
  Table table({{"n", true}, {"method"}, {"arithmetic"}, {"ns measured", true}, {"predicted", true}});
  std::set<int> sizes;
  for (std::size_t k = 0; k < predicted.size(); ++k) {
    const MeasuredTime& time = hardware.measured[k];
    sizes.insert(time.n);
    table.add_row({std::to_string(time.n), time.method, time.arithmetic, fmt::format("{:.3g}", time.ns),
                   std::isnan(predicted[k].ns) ? "-" : fmt::format("{:.3g}", predicted[k].ns)});
  }
  print_table(table);
  const PredictionQuality all = prediction_quality(hardware.measured, predicted);
  std::string text =
      fmt::format("Predicted from the rates alone, {} times: rank correlation {:.2f}, worst factor {:.1f}", all.times,
                  all.rank_correlation, all.worst_factor);
  for (const int n : sizes) {
    const PredictionQuality one = prediction_quality(hardware.measured, predicted, n);
    text += fmt::format("; n = {}: {:.2f}, {:.1f}", n, one.rank_correlation, one.worst_factor);
  }
  fmt::print("\n");
  print_text(text + ".");
}

}  // namespace

void list_hardware(const std::string& name) {
  if (name.empty()) {
    Table table({{"hardware"}, text_column("what it is", 60), {"times measured", true}});
    for (const std::string& each : hardware_names()) {
      const Hardware hardware = find_hardware(each, "tristab list");
      table.add_row({each, hardware.summary, std::to_string(hardware.measured.size())});
    }
    print_table(table);
    fmt::print("\n");
    print_text("For your own machine apps/measure_gpu.py writes a description, which --hardware FILE.json takes.");
    return;
  }
  const Hardware hardware = find_hardware(name, "tristab list");
  print_field(name, hardware.summary);
  print_field("source", hardware.source);
  print_field("date", hardware.date);
  print_field("memory", fmt::format("{:g} GB/s", hardware.memory_gb_s));
  print_field("in work", fmt::format("{} multiprocessors, {:g} KiB and at most {} matrices each",
                                     hardware.multiprocessors, hardware.local_kib, hardware.most_in_work));
  print_rates(hardware);
  if (hardware.measured.empty()) return;
  fmt::print("\n");
  print_times(hardware);
}

}  // namespace tristab
