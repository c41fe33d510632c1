// An inspection for people: condition, parts of the error, diagnosis, smallest sets, shares of rounding sites, steps.
#pragma once

#include <string>
#include <vector>

#include "tristab/inspect/inspection.h"
#include "tristab/report/page.h"

namespace tristab {

// What is said in sentences.
struct InspectionSection {
  std::string heading;  // "" for what stands first
  std::vector<std::string> sentences;
};
std::vector<InspectionSection> inspection_sections(const Inspection& inspection);

// The sentences and two tables. At most 80 columns on a page of that width. `rows`: the most rows of a table; 0: all.
std::string inspection_text(const Inspection& inspection, int rows, const Page& page);

// "`powers` (storage, operand) and `merge` 2 (storage)": a set of sites in words; "all of STAGE" is its name alone.
std::string site_set_text(const Inspection& inspection, const SiteSet& sites);

}  // namespace tristab
