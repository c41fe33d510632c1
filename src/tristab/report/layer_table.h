// What a sweep's layers came to: for each setting and family the errors of outputs and state over all sequences, and
// how many meet the requirement. Single layers are not kept.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/sweep/trial_statistics.h"

namespace tristab {

// One setting on the sequences of one family at one size.
struct LayerRow : TrialCounts {
  std::string place, setting;  // scenario, family and size; method and arithmetic, or kernel
  // Of each sequence with an answer; errors are infinite where it is not finite.
  std::vector<double> o, state, state_max;
  double exact_o = 0, exact_state_max = 0;  // the largest: error of o with the exact T; |S| of the recurrence
  std::optional<ForFormat> worst;           // of LayerRecord::for_layer
  int first_nonfinite = -1;                 // the earliest chunk that is not finite
};

class LayerTable {
 public:
  void add(const LayerResult& result);
  const std::vector<LayerRow>& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }

  // Families in the order of the sweep; in each, settings with fewer lost sequences come first, then those with fewer
  // unfit ones, then those with a smaller median error of the outputs.
  std::string text(const Page& page = {}) const;

 private:
  std::vector<LayerRow> rows_;
  std::map<std::pair<std::string, std::string>, std::size_t> row_at_;  // by place and setting
};

}  // namespace tristab
