// A table of what a sweep was expected to show and what it showed.
#pragma once

#include <span>
#include <string>

#include "tristab/report/page.h"
#include "tristab/sweep/expectation_check.h"

namespace tristab {

// For each scenario its name and what happened in the field, then a line for each expectation: setting, statistic,
// bound, value found, whether it is met, and the reason for the bound if it is not. At most 100 columns wide,
// except for longer names. The last line counts the expectations that are met.
std::string expectations_table(std::span<const ExpectationOutcome> outcomes, const Page& page = {});

}  // namespace tristab
