// An inspection for people: condition, parts of the error, steps, shares of rounding sites, smallest sets, diagnosis.
#pragma once

#include <string>

#include "tristab/inspect/inspection.h"
#include "tristab/report/page.h"

namespace tristab {

// At most 80 columns on a page of that width. `rows`: the most rows of a table; 0: all.
std::string inspection_text(const Inspection& inspection, int rows, const Page& page);

// "`powers` (storage, operand) and `merge` 2 (storage)": a set of sites in words; "all of STAGE" is its name alone.
std::string site_set_text(const Inspection& inspection, const SiteSet& sites);

}  // namespace tristab
