// The parts of a result as JSON text, one line each.
#pragma once

#include <string>

#include "tristab/sweep/record.h"
#include "tristab/sweep/run.h"

namespace tristab {

inline constexpr const char* results_schema = "tristab-results/1";

// One object a line, each ending in a newline. `type` ("matrix", "record"), if not empty, becomes its first
// field.
std::string matrix_text(const MatrixResult& result, const std::string& type);
std::string records_text(const MatrixResult& result, const std::string& type);
std::string layers_text(const LayerResult& result, const std::string& type);
std::string summary_text(const SummaryRow& row, const std::string& type);
std::string expectations_text(const std::vector<ExpectationOutcome>& outcomes, const std::string& type);
std::string classes_text(const std::vector<StabilityRow>& rows, const std::string& type);

}  // namespace tristab
