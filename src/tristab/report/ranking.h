// Settings ranked by their error, one table for each situation (scenario, family and size).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/report/selection.h"
#include "tristab/report/table_format.h"

namespace tristab {

// One setting over the trials of a situation.
struct RankedSetting {
  const CaseSetting* setting = nullptr;  // of the groups
  const CaseGroup* group = nullptr;      // likewise
  const TrialStatistics* trials = nullptr;
  Distribution error;                               // of the ranked field
  double as_stored = 0;                             // median of `frobenius`: against the inverse of A as stored
  double formation = 0;                             // median of `error_formation`; NaN: A was not formed anew
  double growth = 0;                                // the worst one
  double matmuls = 0, depth = 0, vector_depth = 0;  // NaN: the file does not say
};

struct Ranking {
  const CaseInput* input = nullptr;  // of the groups
  std::string requirement;           // text of the scenario's requirement; "": unknown
  int n = 0;
  int matrices = 0, trivial = 0;        // trivial for some setting, at most
  const char* field = "";               // ranked by this: ranked_field, or frobenius if the file has no total
  std::vector<RankedSetting> settings;  // best first; those with non-finite or failed trials last
};

// The fields that the groups of a ranking must collect.
const std::vector<const Field*>& ranking_fields();

// The text of the requirement of each scenario, by its name; "" is that of a plain sweep.
using Requirements = std::map<std::string, std::string>;
Requirements requirements_of(const Json& config);  // of a result

// Visits one ranking for each situation, in the order of their first appearance in `groups`, which must outlive the
// rankings. Settings with fewer lost trials come first, then those with fewer unfit ones, then those with a smaller
// median of the ranked field, then a smaller worst error, then fewer products.
void for_each_ranking(const CaseGroups& groups, const CaseSelection& selection, const Requirements& requirements,
                      const std::function<void(const Ranking&)>& visit);
// All of them.
std::vector<Ranking> rank_settings(const CaseGroups& groups, const CaseSelection& selection,
                                   const Requirements& requirements = {});

// One setting over all situations of a selection.
struct OverallSetting {
  const CaseSetting* setting = nullptr;  // of the groups
  int situations = 0,
      fit = 0;       // those with a verdict and a trial that is not trivial; those where every one of them is fit
  int lost = 0;      // situations with non-finite or failed trials
  double worst = 0;  // error of the ranked field; infinite where a result is not finite
  const CaseInput* input = nullptr;  // where it is worst; null: nowhere a number
  int n = 0;
  double depth = 0, vector_depth = 0;  // the largest; NaN: unknown
};

// Every setting of the rankings, by the share of situations where it is not fit, then of those where it is lost, then
// by its worst error.
std::vector<OverallSetting> rank_overall(const std::vector<Ranking>& rankings);
// Their table, of these rankings; at most `top` rows (0: all).
std::string overall_text(const std::vector<OverallSetting>& settings, const std::vector<Ranking>& rankings, int top,
                         const Page& page = {});
std::vector<ValueRow> overall_rows(const std::vector<OverallSetting>& settings, int top);

// The table with its title; at most `top` rows (0: all). Settings that did not run stand below with the reason. In a
// file or a pipe at most 100 columns wide; on a narrow terminal the cost, the error against A as stored, that of the
// formation, the word for the format and the worst error are left out, in this order.
std::string ranking_text(const Ranking& ranking, int top, const Page& page = {});
// The same with more columns, as rows of a table of all rankings.
std::vector<ValueRow> ranking_rows(const Ranking& ranking, int top);

// "flashqla did not run on 8 of 8 matrices: method ungated: ..."; "" if it ran on all.
std::string failure_text(const CaseGroup& group, const CaseSetting& setting, const Page& page);

}  // namespace tristab
