// Runs a sweep into a result file, with progress, tables and closing lines: of tristab sweep and tristab merge.
#pragma once

#include <string>

#include "tristab/report/result_writer.h"
#include "tristab/sweep/run.h"

namespace tristab {

// Returns whether every expectation of the configuration is met. `html`: a page to write as well, "" for none.
bool run_into_file(const SweepConfig& config, const Plan& plan, const RunHeader& header, ResultFormat format,
                   const std::string& path, const std::string& html, RunOptions options);

}  // namespace tristab
