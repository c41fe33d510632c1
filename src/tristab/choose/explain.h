// Why a setting misses the requirement on an input, in words: the diagnosis of `inspect`.
#pragma once

#include <string>

#include "tristab/choose/input_pool.h"

namespace tristab {

// A sentence. `scenario` has the requirement.
std::string why_it_misses(const Candidate& candidate, const Problem& problem, const Scenario& scenario);

}  // namespace tristab
