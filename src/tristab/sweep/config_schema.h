// The JSON Schema (draft 7) of sweep configurations and of recipe files, made from the registries: editors complete
// names and parameters from it, explain them, and mark what the program would refuse. It allows whatever the program
// allows; what depends on files, on the operand formats of several parameters at once or on the cases of the whole sweep
// is left to the program.
#pragma once

#include <string>

#include "tristab/base/parameters.h"

namespace tristab {

Json sweep_schema();   // configs/sweep.schema.json
Json kernel_schema();  // configs/kernel.schema.json

// As the files hold it.
std::string schema_text(const Json& schema);

}  // namespace tristab
