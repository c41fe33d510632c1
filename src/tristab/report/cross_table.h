// One table for many situations: a row for each setting (method and arithmetic, or kernel) and size, a column for
// each input, the statistics of a metric over the trials in the cells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/report/selection.h"

namespace tristab {

struct CrossCell {
  const TrialStatistics* trials = nullptr;  // of the groups; null: the setting was not run on this input
  std::vector<Distribution> metrics;        // in the order of CrossTable::metrics
};

struct CrossRow {
  const CaseSetting* setting = nullptr;  // of the groups
  int n = 0;
  std::vector<CrossCell> cells;  // one an input
};

struct CrossTable {
  std::vector<const Field*> metrics;
  std::vector<const CaseInput*> inputs;
  std::vector<CrossRow> rows;
};

// Every field of `groups`, which must outlive the table. Inputs stand in the order of the groups, or of
// selection.families; rows by size, then in the order of the groups; where the selection names methods or kernels, in
// its order, then by size.
CrossTable cross_table(const CaseGroups& groups, const CaseSelection& selection);

enum class TableFormat { text, markdown, csv };

// "text", "markdown", "csv". Throws UsageError naming `place` for any other.
TableFormat table_format_of(std::string_view name, std::string_view place);

// Text and Markdown: one table a metric, with its formula; a cell is "median / worst" ("mean / worst" in decibels),
// with the number of trials that gave no finite answer where there are any, "-" where the setting was not run. One
// input at several sizes: the sizes are the columns. On a terminal that is too narrow for all inputs they are spread
// over several tables; `page` is for text alone. CSV: a line for each setting, size and input.
std::string cross_table_text(const CrossTable& table, TableFormat format, const Page& page = {});

}  // namespace tristab
