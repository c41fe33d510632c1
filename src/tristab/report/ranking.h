// Settings ranked by their error, one table for each situation (scenario, family and size).
#pragma once

#include <string>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/report/selection.h"

namespace tristab {

// One setting over the trials of a situation.
struct RankedSetting {
  const CaseSetting* setting = nullptr;  // of the groups
  const TrialStatistics* trials = nullptr;
  Distribution error;   // of the ranked field
  std::string verdict;  // the worst of the trials, with their number where not all have it: "fail 2/8"
  double matmuls = 0, depth = 0, vector_depth = 0;  // NaN: the file does not say
};

struct Ranking {
  const CaseInput* input = nullptr;  // of the groups
  int n = 0;
  int matrices = 0;
  const char* field = "";               // what it is ranked by: ranked_field, or frobenius where the file has no total
  std::vector<RankedSetting> settings;  // best first; those with non-finite or failed trials last
};

// The fields that rankings need of the groups.
const std::vector<const Field*>& ranking_fields();

// By the median of the ranked field; equal medians by the worst error, then by products. In the order in which
// situations appear in `groups`, which must outlive the rankings.
std::vector<Ranking> rank_settings(const CaseGroups& groups, const CaseSelection& selection);

// The table with its title; at most `top` rows (0: all). In a file or a pipe at most 100 columns wide; on a narrow
// terminal depth, products, the count of non-finite trials and the worst error are left out, in this order.
std::string ranking_text(const Ranking& ranking, int top, const Page& page = {});

}  // namespace tristab
