// Methods ranked by their error, one table for each situation (scenario, family and size).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/report/reader.h"
#include "tristab/sweep/record.h"

namespace tristab {

// One method in one arithmetic over the trials of a situation.
struct RankedMethod {
  std::string method, arithmetic;  // labels
  int trials = 0, nonfinite_trials = 0, failed_trials = 0;
  double median = 0, worst = 0;  // of the ranked error over finite trials; NaN without any
  std::string verdict;  // the worst of the trials, with their number where not all have it: "fail 2/8"
  double matmuls = 0, depth = 0, vector_depth = 0;  // NaN: the file does not say
};

struct Ranking {
  std::string scenario;  // "" in a plain sweep
  std::string family;    // label
  int n = 0, trials = 0;
  bool across_arithmetics =
      false;  // or kernels: then ranked by total_frobenius where the file has it, else by frobenius
  std::vector<RankedMethod> methods;  // best first; those with non-finite or failed trials last
};

// Whether a text chooses a setting: its name (all of its settings), its label, or "mbh:", the setting whose label is
// the bare name.
bool names_setting(std::string_view wanted, std::string_view name, std::string_view label);

// Texts as above, of families the name of the input, too; an empty list is all of them. Methods and arithmetics
// choose among the records of methods, kernels among those of kernels: where only one of the two is chosen from, the
// other is left out.
struct RankingSelection {
  std::vector<std::string> families{}, methods{}, arithmetics{}, kernels{};
  std::vector<int> chunks{};

  bool includes(const ResultRecord& record) const;
};

// "gdn-slice layer6" of a layer of a file, with heads and tokens where not all were asked for; for other families
// the label.
std::string input_name(const ResultRecord& record);

// The name in the label of a kernel: "fla-solve-tril" of "fla-solve-tril:dot=tf32".
std::string kernel_name(const ResultRecord& record);

// Within one arithmetic by the median of `frobenius`, across arithmetics and among kernels by that of
// `total_frobenius`; equal medians by the worst error, then by products. In the order in which situations appear in `records`.
std::vector<Ranking> rank_methods(const std::vector<ResultRecord>& records,
                                  const RankingSelection& selection);

// The table with its title; at most `top` rows (0: all). In a file or a pipe at most 100 columns wide; on a narrow
// terminal depth, products, the count of non-finite trials and the worst error are left out, in this order.
std::string ranking_text(const Ranking& ranking, int top, const Page& page = {});

// The record of a computed case as a reader would give it, with the values of `metrics` (names of
// summary_quantities()).
ResultRecord result_record(const MatrixResult& matrix, const Record& record,
                           const std::vector<std::string>& metrics = {});

}  // namespace tristab
