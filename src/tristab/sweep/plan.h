// The cases of a sweep in their fixed order: families, sizes, matrices; for each matrix methods, arithmetics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tristab/sweep/config.h"

namespace tristab {

// All matrices of one family and size: what a summary groups.
struct MatrixGroup {
  std::size_t family = 0;  // index into SweepConfig::families
  int n = 0;
  int count = 0;
};

struct Plan {
  std::vector<std::unique_ptr<Source>> sources;  // one a family
  std::vector<MatrixGroup> groups;               // families, then sizes; those without matrices left out
  std::int64_t matrices = 0, cases = 0;
};

// Opens every source and counts. Throws InputError when a file cannot be read, UsageError when a family has
// no matrix of any of the sizes.
Plan make_plan(const SweepConfig& config);

// "<matrix id>/<method label>/<arithmetic label>/<hash of all of their parameters>". Unique in a sweep; the
// hash keeps the ids of two versions apart whose defaults differ.
std::string case_id(const std::string& matrix_id, const Setting& setting);

}  // namespace tristab
