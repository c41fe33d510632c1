// The cases of a sweep in their fixed order: scenarios, families, sizes, matrices; for each matrix its settings
// (Scenario::settings).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tristab/sweep/config.h"
#include "tristab/sweep/record.h"

namespace tristab {

// All matrices of one scenario, family and size. A summary has a row for each of them and each setting. Points into the
// SweepConfig and the Plan.
struct MatrixGroup {
  const Scenario* scenario = nullptr;
  const FamilyEntry* family = nullptr;
  const Source* source = nullptr;
  int n = 0;
  int count = 0;
  int sequences = 0;               // of the scenario's layers; 0 if it has none
  int first = 0;                   // the first matrix and the first sequence that is run: the scenario's "trial"
  int all = 0, all_sequences = 0;  // of the source, also those that are not run
  int settings = 0;                // records of each matrix

  Input input() const { return {scenario, &family->spec, n}; }
};

// The relative work of a matrix with its references, and of a sequence.
std::uint64_t matrix_work(const MatrixGroup& group);
std::uint64_t sequence_work(const MatrixGroup& group);

struct Plan {
  std::vector<std::unique_ptr<Source>> sources;  // one for each family of each scenario
  std::vector<MatrixGroup> groups;               // by scenario, family, size; empty ones are left out
  std::int64_t matrices = 0, cases = 0, sequences = 0;
  std::vector<std::string> notes;  // what is left out, and what looks odd in an input; each once
};

// Sets the sizes of scenarios that name none: those of their files of matrices, and 64 for other families. Throws what
// opening a file throws, and UsageError for a file whose matrices are too small or too large.
void settle_sizes(SweepConfig& config);

// Opens every source and counts. `config` must outlive the plan. Throws InputError if a file cannot be read. Throws
// UsageError if a family has no matrix of any of the sizes, if a scenario has no case, if a scenario with layers has
// no sequence, or if an expectation selects nothing.
Plan make_plan(const SweepConfig& config);

// The matrix id; in a scenario "NAME/<matrix id>".
std::string matrix_id_in(const Scenario& scenario, const std::string& problem_id);

// "<matrix id>/<method label>/<arithmetic label>[/<formation label>]/<hash of all of their parameters>"; for a
// kernel "<matrix id>/<kernel label>/recipe/<hash>". Unique in a sweep. The hash makes ids differ between versions
// that have different defaults.
std::string case_id(const std::string& matrix_id, const Setting& setting);

}  // namespace tristab
