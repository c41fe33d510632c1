// What a sweep showed, in at most ten lines: how many cases held, which settings failed where, the largest error, the
// cheapest setting that held, and where the rest is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tristab/report/page.h"
#include "tristab/sweep/run.h"

namespace tristab {

// The layers of a sweep, counted: nothing is kept of the single ones.
class LayerCounts {
 public:
  void add(const LayerResult& result);

  std::int64_t results = 0, nonfinite = 0, failed = 0;  // a result: one setting on one sequence
  double worst_outputs = -1;                            // largest error of `o` over finite results
  std::string worst_place;                              // "mch fp16 on gdn n=64"
  std::string first_lost;                               // likewise; of the first non-finite or failed one
};

// One setting over all inputs that it ran on.
struct SettingOutcome {
  Setting setting;
  int groups = 0;          // inputs: a family at a size, in a scenario
  std::vector<int> sizes;  // ascending
  std::int64_t trials = 0, pass = 0, fail = 0, nonfinite = 0, failed = 0;
  double matmuls = 0, depth = 0, vector_depth = 0;  // of the costliest case
  // Where the largest part of the trials failed, of equal parts that of the most trials: "gdn n=64".
  std::string worst_input;
  std::int64_t worst_lost = 0, worst_trials = 0;

  std::int64_t lost() const { return fail + nonfinite + failed; }
  bool held() const { return pass == trials; }
  double operand_bits() const;
  // What `cheapest` means: the longest chain of dependent steps, products and vector steps alike.
  double steps() const { return depth + vector_depth; }
};

// The rows of a summary by setting, in the order of their first rows.
std::vector<SettingOutcome> outcomes_by_setting(const std::vector<SummaryRow>& summary);

// The setting of the fewest dependent steps, then products, then operand bits among those that passed every case; the
// first of equal ones, null without any. Settings that ran on more inputs go before those that ran on fewer.
const SettingOutcome* cheapest_that_held(const std::vector<SettingOutcome>& settings);

// The lines, each with its newline; on a terminal each is cut to its width, but for the last one, which names the file
// and the next command. `path`: the result file, "-" for standard output. The largest error is of the quantity by which
// `tristab compare` ranks that input, and says which.
std::string closing_summary(const SweepReport& report, const LayerCounts& layers, const std::string& path,
                            const Page& page);

}  // namespace tristab
