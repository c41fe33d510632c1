#include "tristab/sweep/summary_quantity.h"

namespace tristab {

std::vector<SummaryStatistic> summary_statistics(const NumberInfo& info) {
  using D = Distribution;
  std::vector<SummaryStatistic> all{{"_median", "median", &D::median},
                                    {info.larger_is_better ? "_p5" : "_p95", "tail", &D::tail},
                                    {info.larger_is_better ? "_min" : "_max", "worst", &D::worst}};
  if (info.decibels) all.push_back({"_mean", "mean", &D::mean});
  return all;
}

std::vector<SummaryQuantity> summary_quantities_of(const NumberInfo& info, const Field* field) {
  std::vector<SummaryQuantity> all;
  for (const SummaryStatistic& statistic : summary_statistics(info))
    all.push_back({info.name + std::string(statistic.suffix), nullptr, &info, statistic.value, field});
  return all;
}

const std::vector<SummaryQuantity>& summary_quantities() {
  static const std::vector<SummaryQuantity> list = [] {
    std::vector<SummaryQuantity> all;
    for (const TrialCount& count : trial_counts()) all.push_back({count.name, count.value, nullptr, nullptr, nullptr});
    for (const Field* field : counted_fields()) all.push_back({field->name(), nullptr, &field->info, nullptr, field});
    for (const Field* field : distributed_fields()) {
      for (SummaryQuantity& each : summary_quantities_of(field->info, field)) all.push_back(std::move(each));
    }
    return all;
  }();
  return list;
}

}  // namespace tristab
