// The JSON Schema of result files, as results.schema.json was when the program was built.
#pragma once

namespace tristab {

extern const char* const results_schema;

}  // namespace tristab
