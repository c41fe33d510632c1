// The numbers of a summary row and their names: counts of trials, costs and counts, statistics of every other number.
// Writers of summaries, their schema and thresholds on them follow from these tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/sweep/trial_statistics.h"

namespace tristab {

// A statistic of a distribution.
struct SummaryStatistic {
  std::string_view suffix;  // in the names of a summary: "_p95"
  std::string_view word;    // what it is for every number: "tail"
  double Distribution::*value;
};
// _median, _p95, _max; _p5 and _min where larger is better; _mean too of decibels.
std::vector<SummaryStatistic> summary_statistics(const NumberInfo& info);

// One number of a summary row. Exactly one of `trials` and `info` is set.
struct SummaryQuantity {
  std::string name;                           // "total_frobenius_max", "matmuls", "nonfinite_trials"
  int TrialCounts::*trials = nullptr;         // of a count of trials
  const NumberInfo* info = nullptr;           // of the number that it is about
  double Distribution::*statistic = nullptr;  // null: the largest, or the sum
  const Field* field = nullptr;               // the field of a record with this number
};
// Those of records, in the order of a summary row.
const std::vector<SummaryQuantity>& summary_quantities();
// The statistics of one number: its name with each suffix.
std::vector<SummaryQuantity> summary_quantities_of(const NumberInfo& info, const Field* field);

}  // namespace tristab
