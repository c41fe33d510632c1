// One table for many situations: a row for each setting (method and arithmetic, or kernel) and size, a column for
// each input. The cells have the statistics of a metric over the trials.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/report/selection.h"
#include "tristab/report/table_format.h"

namespace tristab {

struct CrossCell {
  const TrialStatistics* trials = nullptr;  // of the groups; null: the setting was not run on this input
  const CaseGroup* group = nullptr;         // likewise
  std::vector<Distribution> metrics;        // in the order of CrossTable::metrics
};

struct CrossRow {
  const CaseSetting* setting = nullptr;  // of the groups
  int n = 0;
  std::vector<CrossCell> cells;  // one for each input
};

struct CrossTable {
  std::vector<const Field*> metrics;
  std::vector<const CaseInput*> inputs;
  std::vector<CrossRow> rows;
};

// The table has every field of `groups`, which must outlive it. Inputs are in the order of selection.families, or
// else of the groups. Rows are sorted by size, then in the order of the groups; if the selection names methods or
// kernels, first in its order, then by size.
CrossTable cross_table(const CaseGroups& groups, const CaseSelection& selection);

// Text and Markdown: one table for each metric, with its formula. A cell is "median / worst" ("mean / worst" in
// decibels), and the number of trials without a finite answer if there are any; it is "-" if the setting was not
// run. With one input at several sizes, the sizes are the columns. If a terminal is too narrow for all inputs, they
// are spread over several tables, and settings that did not run stand below with the reason; only text uses `page`. CSV
// and JSON: a row for each setting, size and input.
void write_cross_table(const CrossTable& table, TableFormat format, const Page& page,
                       const std::function<void(const std::string&)>& write);

}  // namespace tristab
