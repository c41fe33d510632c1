// Options of commands that read results: which settings and which metrics are shown.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "command.h"
#include "tristab/report/selection.h"

namespace tristab {

// What --chunk, --family, --methods, --arithmetics and --kernels select. Throws UsageError for what a result
// with these inputs and settings lacks.
CaseSelection selection_in(const Command& command, const std::deque<CaseInput>& inputs,
                           const std::vector<CaseSetting>& settings, const ConfigOptions& options);

// The metrics that `option` names, with commas between them. Throws UsageError for other names.
std::vector<const Field*> metrics_named(const std::string& text, const std::string& option);

}  // namespace tristab
