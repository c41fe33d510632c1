// What names a setting in a configuration (a family, a method, an arithmetic, a formation, a kernel, each a name or
// an object of a name and parameters) as JSON Schema, from the registries.
#pragma once

#include <string>
#include <vector>

#include "tristab/base/parameter_schema.h"

namespace tristab {

// Each defines "NAME" (a name or an object) and what it is made of, and returns the reference to it. `owner` is the
// key of the name: "family", "method", "arithmetic", "formation", "kernel".
Json define_families(SchemaDefinitions& definitions);
Json define_methods(SchemaDefinitions& definitions);
Json define_arithmetics(SchemaDefinitions& definitions);
Json define_formations(SchemaDefinitions& definitions);  // after the arithmetics
Json define_kernels(SchemaDefinitions& definitions);
Json define_layer_arithmetics(SchemaDefinitions& definitions);  // after the formations

// The names of the registry as one pattern, and the names of formats and of arithmetics made of formats.
std::string format_pattern();
std::string arithmetic_pattern();
std::vector<std::string> arithmetic_names();  // those with a listing, and the split products of every unit

}  // namespace tristab
