// One case of a configuration, to be run again.
#pragma once

#include <string>

#include "tristab/sweep/config.h"

namespace tristab {

// The configuration that runs only the case with this id, or every setting on the matrix with this id, as results
// print them; its records equal those of the whole. Expectations are dropped, because they are about many cases.
// Throws UsageError naming `place` if the configuration has no such case.
SweepConfig only_case(const SweepConfig& config, const std::string& id, const std::string& place);

}  // namespace tristab
