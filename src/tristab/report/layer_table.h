// A table of a sweep's layers: for each setting and family the errors of outputs and state over all sequences.
#pragma once

#include <string>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/sweep/record.h"

namespace tristab {

class LayerTable {
 public:
  void add(const LayerResult& result);
  bool empty() const { return rows_.empty(); }

  // Families in the order of the sweep; in each the settings by the median error of the outputs, non-finite ones last.
  std::string text(const Page& page = {}) const;

 private:
  struct Row {
    std::string place, setting;  // scenario, family and size; method and arithmetic, or kernel
    std::vector<double> o, state, state_max;
    double exact_state_max = 0;
    int sequences = 0, nonfinite = 0, failed = 0, first_nonfinite = -1;
  };
  std::vector<Row> rows_;
};

}  // namespace tristab
