// Statistics over the trials, for every setting on every input.
#pragma once

#include <string>
#include <vector>

#include "tristab/sweep/plan.h"
#include "tristab/sweep/trial_statistics.h"

namespace tristab {

// All trials of one setting on one input.
struct SummaryRow : TrialCounts {
  Input input;
  Setting setting;                          // as configured
  std::vector<double> counts;               // in the order of counted_fields(); NaN: no trial has one
  std::vector<Distribution> distributions;  // in the order of distributed_fields()

  int unusable() const { return lost() + unfit; }
  double count(std::string_view field) const;
  const Distribution& distribution(std::string_view field) const;
};

// Collects records in case order; of a finished group only the rows are kept. Values of many trials are kept on disk.
class SummaryBuilder {
 public:
  explicit SummaryBuilder(const Plan& plan);
  void add(const MatrixResult& result);
  std::vector<SummaryRow> finish();  // in case order

 private:
  struct Cell {
    Setting setting;
    TrialStatistics statistics;
  };
  void close_group();

  const Plan& plan_;
  std::vector<const Field*> fields_;  // counted, then distributed
  Spool spool_;                       // of the current group
  std::size_t group_ = 0;
  std::vector<Cell> cells_;  // settings of the current group
  std::vector<SummaryRow> rows_;
};

}  // namespace tristab
