// Checks the expectations of a configuration against the records of a sweep.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "tristab/base/spool.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// The outcome of one expectation for one group of trials. An expectation must hold for every group that it selects.
struct ExpectationOutcome {
  const Expectation* expectation = nullptr;
  Input input;
  Setting setting;
  int trials = 0;  // matrices, or sequences of an expectation about layers
  // Trials in which the quantity has no value, for example because the result is not finite or failed. They are
  // not dropped: each counts as infinitely bad (+infinity, or -infinity if larger is better).
  int without_value = 0;
  double found = 0;  // may be infinite, is never NaN
  bool met = false;
};

// Throws UsageError if the expectation selects no group of its scenario (the message lists what there is), or if it
// is about layers and the groups have none.
void refuse_without_group(const Expectation& expectation, std::span<const MatrixGroup> groups);

// Collects records in case order.
class ExpectationChecker {
 public:
  explicit ExpectationChecker(const Plan& plan);
  void add(const MatrixResult& result);
  void add(const LayerResult& result);
  std::vector<ExpectationOutcome> finish();  // in the order of the configuration, then in case order

 private:
  struct Watch {
    ExpectationOutcome outcome;
    std::size_t setting = 0;  // position among the records of a matrix
    SpooledRows values;       // of the quantity; or 1 for a trial that is counted, 0 for others
  };
  void append(Watch& watch, double value);  // NaN: without a value

  Spool spool_;
  std::vector<Watch> watches_;
  std::map<std::size_t, std::vector<std::size_t>> watches_of_group_;  // by position of the group in the plan
};

}  // namespace tristab
