// An inspection as one JSON object.
#pragma once

#include <string>

#include "tristab/inspect/inspection.h"

namespace tristab {

inline constexpr const char* inspection_schema = "tristab-inspection/1";

std::string inspection_json(const Inspection& inspection);

}  // namespace tristab
