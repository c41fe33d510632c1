// Why one case is as wrong as it is: its record, condition, steps, shares of rounding sites, smallest sets of them, and
// a diagnosis in words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tristab/inspect/against.h"
#include "tristab/inspect/delta_debugging.h"
#include "tristab/inspect/diagnosis.h"
#include "tristab/inspect/site_shares.h"
#include "tristab/inspect/step_report.h"
#include "tristab/sweep/plan.h"

namespace tristab {

struct Inspection {
  MatrixResult matrix;  // with the record as its only one
  std::vector<StepReport> steps;
  SiteShares shares;
  SiteSearch search;
  Diagnosis diagnosis;
  std::shared_ptr<const SiteExperiment> experiment;
  std::optional<Against> against;  // a kernel's own steps, if some were given

  Setting setting;  // with the formation that it names, also where A was given

  const Record& record() const { return matrix.records.front(); }

  // What the experiment points to.
  std::shared_ptr<MatrixEvaluation> evaluation;
  std::shared_ptr<Machines> machines;
};

// Inspects the only case of a plan (only_case). Throws UsageError if the matrix has no reference or the method refuses
// its input.
Inspection inspect_case(const Plan& plan);

}  // namespace tristab
