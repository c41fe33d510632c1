// The JSON Schemas (draft 7) of configurations and of recipe files. Editors complete and explain names and
// parameters with them. The structure of the files is in schema/*.json; names, parameters, keys and enumerations are
// filled in from the registries. A schema allows everything that the program allows, and more: only the program
// checks which parameters belong to which name, and what depends on files or on several values. Source:
// https://json-schema.org/draft-07/json-schema-validation; `enumDescriptions` belongs to VS Code's JSON language
// service, and validators ignore it.
#pragma once

#include <string>

#include "tristab/base/parameters.h"

namespace tristab {

// One value of a parameter, without lists: whole numbers also as 16.0, booleans also as "on" and "off", choices that
// are whole numbers also as numbers, "auto" if it is allowed, null if the parameter may be absent. A text
// parameter is any string, a nested one any string or object.
Json value_schema(const Parameter& parameter);

Json sweep_schema();   // configs/sweep.schema.json
Json kernel_schema();  // configs/kernel.schema.json

// The text of the files above.
std::string schema_text(const Json& schema);

}  // namespace tristab
