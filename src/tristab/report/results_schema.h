// The JSON Schema (draft 7) of result files, configs/results.schema.json: its form is data (schema/results.json); the
// fields of records, summaries and configurations, and those that name inputs and settings, come from their tables.
#pragma once

#include "tristab/base/json_value.h"

namespace tristab {

Json results_file_schema();

}  // namespace tristab
