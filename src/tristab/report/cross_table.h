// One table for many situations: a row for each setting (method and arithmetic, or kernel) and size, a column for
// each input, the statistics of a metric over the trials in the cells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/ranking.h"

namespace tristab {

// A metric over the trials of one setting on one input. Over the finite trials; NaN without any, infinite where the
// metric is (the SNR of an exact result).
struct CrossStatistics {
  double median = 0, worst = 0;  // worst: the minimum where larger is better
  double mean = 0;               // of the finite values of a metric in decibels; NaN for the others
  int exact_trials = 0;          // those with an infinite value
};

struct CrossCell {
  int trials = 0;  // 0: the setting was not run on this input
  int nonfinite_trials = 0, failed_trials = 0;
  std::vector<CrossStatistics> metrics;  // in the order of CrossTable::metrics
};

struct CrossRow {
  std::string method, kernel, arithmetic;  // labels; the kernel's is empty for a method in one arithmetic
  int n = 0;
  std::vector<CrossCell> cells;  // one an input
};

struct CrossInput {
  std::string name;  // "gdn-slice layer6" for a layer of a file, else the label of the family
  std::string label;
};

struct CrossTable {
  std::vector<std::string> metrics;  // names
  std::vector<CrossInput> inputs;
  std::vector<CrossRow> rows;
};

// The metrics that a cross table knows: the names of summary_quantities().
std::vector<std::string> cross_metrics();

// `records` hold the values of `metrics`. Inputs stand in the order of the records, or of selection.families; rows
// by size, then in the order of the records; where the selection names methods or kernels, in its order, then by
// size.
CrossTable cross_table(const std::vector<ResultRecord>& records, const RankingSelection& selection,
                       const std::vector<std::string>& metrics);

enum class TableFormat { text, markdown, csv };

// "text", "markdown", "csv". Throws UsageError naming `place` for any other.
TableFormat table_format_of(std::string_view name, std::string_view place);

// Text and Markdown: one table a metric, with its formula; a cell is "median / worst" ("mean / worst" in decibels),
// with the number of trials that gave no finite answer where there are any, "-" where the setting was not run. One
// input at several sizes: the sizes are the columns. On a terminal that is too narrow for all inputs they are spread over several tables; `page` is for text alone. CSV:
// a line for each setting, size and input.
std::string cross_table_text(const CrossTable& table, TableFormat format, const Page& page = {});

}  // namespace tristab
