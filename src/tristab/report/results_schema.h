// The JSON Schema (draft 7) of result files, configs/results.schema.json. Its structure is in schema/results.json;
// the fields of records, layers, summaries and configurations, and those that name inputs and settings, come from the
// tables of the program.
#pragma once

#include "tristab/base/json_value.h"

namespace tristab {

Json results_file_schema();

}  // namespace tristab
