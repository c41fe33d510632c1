// The closing lines of a sweep, at most ten: how many cases passed, which settings failed and where, the largest
// error, the cheapest setting that passed everything, and where the complete result is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tristab/report/layer_table.h"
#include "tristab/report/page.h"
#include "tristab/report/result_writer.h"
#include "tristab/sweep/run.h"

namespace tristab {

// One setting over all inputs that it ran on.
struct SettingOutcome {
  Setting setting;
  int groups = 0;          // inputs: a family at a size, in a scenario
  std::vector<int> sizes;  // ascending
  TrialCounts cases, layers;
  double matmuls = 0, depth = 0, vector_depth = 0;  // of the costliest case
  // The input with the largest part of lost trials, and among equal ones the one with most trials: "gdn n=64".
  std::string worst_input;
  int worst_lost = 0, worst_trials = 0;

  // Those that the requirement is about, or that are lost.
  int judged_cases() const { return cases.fit + cases.unusable(); }
  int judged_layers() const { return layers.fit + layers.unusable(); }
  int fit() const { return cases.fit + layers.fit; }
  int unusable() const { return cases.unusable() + layers.unusable(); }
  bool held() const { return unusable() == 0 && fit() > 0; }
  double operand_bits() const;
  // The cost in "cheapest": the longest chain of dependent steps. Products and vector steps count alike.
  double steps() const { return depth + vector_depth; }
};

// The rows of a summary by setting, in the order of their first rows.
std::vector<SettingOutcome> outcomes_by_setting(const Summary& summary, const LayerTable& layers);

// The cheapest setting that passed every case; null if there is none. Settings that ran on more inputs come first,
// then those with fewer dependent steps, then fewer products, then fewer operand bits, then the first one.
const SettingOutcome* cheapest_that_held(const std::vector<SettingOutcome>& settings);

// The lines, each with its newline. On a terminal each is cut to the width of the page, except the last one, which
// names the file and, for a format that they read, the next commands. `path` is the result file, "-" for standard
// output. The largest error is one of the field by which `tristab compare` ranks that input; the line names the field.
std::string closing_summary(const SweepReport& report, const LayerTable& layers, const std::string& path,
                            ResultFormat format, const Page& page);

}  // namespace tristab
