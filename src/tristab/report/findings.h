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
class LayerFindings {
 public:
  void add(const LayerResult& result);

  std::int64_t results = 0, nonfinite = 0, failed = 0;  // a result: one setting on one sequence
  double worst_outputs = -1;                            // largest error of `o` over finite results
  std::string worst_place;                              // "mch fp16 on gdn n=64"
};

// One setting over all inputs that it ran on.
struct SettingFindings {
  std::string setting;     // label
  std::string method;      // label, with the formation where there is one; "" of a kernel
  std::string arithmetic;  // label; "" of a kernel
  int groups = 0;          // inputs: a family at a size, in a scenario
  std::vector<int> sizes;  // ascending
  std::int64_t trials = 0, pass = 0, fail = 0, nonfinite = 0, failed = 0;
  double matmuls = 0, depth = 0, vector_depth = 0;  // of the costliest case
  double operand_bits = 0;
  // Where the largest part of the trials failed, of equal parts that of the most trials: "gdn n=64".
  std::string worst_input;
  std::int64_t worst_lost = 0, worst_trials = 0;

  std::int64_t lost() const { return fail + nonfinite + failed; }
  bool held() const { return pass == trials; }
  // What `cheapest` means: the longest chain of dependent steps, products and vector steps alike.
  double steps() const { return depth + vector_depth; }
};

// The rows of a summary by setting, in the order of their first rows.
std::vector<SettingFindings> settings_of(const std::vector<SummaryRow>& summary);

// The setting of the fewest dependent steps, then products, then operand bits among those that passed every case; the
// first of equal ones, null without any. Settings that ran on more inputs go before those that ran on fewer.
const SettingFindings* cheapest_that_held(const std::vector<SettingFindings>& settings);

// The lines, each with its newline. `path`: the result file, "-" for standard output. Never more than ten, whatever
// the width of the page: settings that failed are counted where there is no room to name them.
std::string findings_text(const SweepReport& report, const LayerFindings& layers, const std::string& path,
                          const Page& page);

}  // namespace tristab
