// Whether the records of a sweep show what its configuration expects.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "tristab/base/spool.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// One expectation about one group of trials that it selects; it must hold for every one of them.
struct ExpectationOutcome {
  const Expectation* expectation = nullptr;
  Input input;
  Setting setting;
  int trials = 0;  // matrices, or sequences of an expectation about layers
  // Trials in which the quantity has no value, non-finite and failed results above all. None is dropped: each counts as
  // infinitely bad (+infinity, or -infinity where larger is better).
  int without_value = 0;
  double found = 0;  // may be infinite, is never NaN
  bool met = false;
};

// Throws UsageError when the expectation selects none of the groups of its scenario, naming what there is, and when it
// is about layers that the groups do not have.
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
    SpooledNumbers values;    // of the quantity, or 1 for a trial that counts and 0 for others
  };
  void append(Watch& watch, double value);  // NaN: without a value

  Spool spool_;
  std::vector<Watch> watches_;
  std::map<std::size_t, std::vector<std::size_t>> watches_of_group_;  // by position of the group in the plan
};

}  // namespace tristab
