// Expectations of a configuration as JSON Schema.
#pragma once

#include "tristab/base/parameter_schema.h"

namespace tristab {

// Defines "expectation"; families, methods, arithmetics and formations must be defined before it.
Json define_expectation(SchemaDefinitions& definitions);

}  // namespace tristab
