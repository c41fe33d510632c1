// The cases of a sweep in their fixed order: scenarios, families, sizes, matrices; for each matrix methods,
// arithmetics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tristab/sweep/config.h"
#include "tristab/sweep/record.h"

namespace tristab {

// All matrices of one scenario, family and size: what a summary groups. Points into the SweepConfig and the Plan.
struct MatrixGroup {
  const Scenario* scenario = nullptr;
  const FamilyEntry* family = nullptr;
  const Source* source = nullptr;
  int n = 0;
  int count = 0;
  int sequences = 0;  // of the scenario's layers; 0 where it has none

  Input input() const { return {scenario, &family->spec, n}; }
};

struct Plan {
  std::vector<std::unique_ptr<Source>> sources;  // one a family of each scenario
  std::vector<MatrixGroup> groups;               // scenarios, families, sizes; those without matrices left out
  std::int64_t matrices = 0, cases = 0, sequences = 0;
};

// Opens every source and counts. `config` must outlive the plan. Throws InputError when a file cannot be read,
// UsageError when a family has no matrix of any of the sizes, a scenario no case, or an expectation selects nothing.
Plan make_plan(const SweepConfig& config);

// "NAME/<matrix id>" in a scenario, the matrix id as it is in a plain sweep.
std::string matrix_id_in(const Scenario& scenario, const std::string& problem_id);

// "<matrix id>/<method label>/<arithmetic label>/<hash of all of their parameters>". Unique in a sweep; the
// hash keeps the ids of two versions apart whose defaults differ.
std::string case_id(const std::string& matrix_id, const Setting& setting);

}  // namespace tristab
