// The history of kept results as one HTML page that needs no server and no network.
#pragma once

#include <string>

#include "tristab/base/output_file.h"
#include "tristab/report/result_history.h"
#include "tristab/report/selection.h"

namespace tristab {

// Writes the lines of the selection. `statistic`, a word of summary_statistics, is the one that is shown first; `title`
// stands above.
void write_history_page(const ResultHistory& history, const CaseSelection& selection, const std::string& statistic,
                        const std::string& title, OutputFile& page);

}  // namespace tristab
