// Runs a sweep into a result file, with progress, tables and closing lines: of tristab sweep and tristab merge.
#pragma once

#include <string>

#include "tristab/report/result_writer.h"
#include "tristab/sweep/run.h"

namespace tristab {

// Where a result goes, and in which format.
struct ResultPlace {
  std::string path;
  ResultFormat format;
};

// `output` and `format` as typed, "" for none; without an output results/NAME.FORMAT, of `otherwise` if no format is
// given. Refuses a page (`html`, "" for none) that cannot be made of this result. Notes the output.
ResultPlace result_place(const std::string& output, const std::string& format, const std::string& name,
                         ResultFormat otherwise, const std::string& html);

// Returns whether every expectation of the configuration is met. `html`: a page to write as well, "" for none.
bool run_into_file(const SweepConfig& config, const Plan& plan, const RunHeader& header, ResultFormat format,
                   const std::string& path, const std::string& html, RunOptions options);

}  // namespace tristab
