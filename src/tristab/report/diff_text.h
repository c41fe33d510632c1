// The difference of two results for people: on a terminal, and as Markdown for a pull request.
#pragma once

#include <string>
#include <vector>

#include "tristab/report/diff_threshold.h"
#include "tristab/report/page.h"

namespace tristab {

struct DiffView {
  std::size_t top = 20;                 // rows of each table
  std::vector<const Field*> metrics{};  // a table of changes for each
};

// First what the results say about themselves, then how many cases changed, then a table of the settings whose cases
// did, the most important first; one of cases that only one result has; last what the thresholds found.
std::string diff_text(const ResultDiff& diff, const std::vector<Violation>& found, const DiffView& view,
                      const Page& page = {});
std::string diff_markdown(const ResultDiff& diff, const std::vector<Violation>& found, const DiffView& view);

// Both begin in this way.
inline constexpr const char* diff_text_beginning = "OLD ";
inline constexpr const char* diff_markdown_beginning = "### tristab diff: ";

// "FAILED total_frobenius_max>1.1x: mch / fp16 on gdn n=64: 1.2e-03 -> inf"
std::string violation_text(const ResultDiff& diff, const Violation& violation);
// At most `top` of each threshold; then how many more.
std::vector<std::string> violation_lines(const ResultDiff& diff, const std::vector<Violation>& found, std::size_t top);

}  // namespace tristab
