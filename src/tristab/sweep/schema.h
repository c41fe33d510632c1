// The JSON Schemas (draft 7) of configurations and of recipe files: editors complete names and parameters from them and
// explain them. The forms of the files are data (schema/*.json); names, parameters, keys and enumerations are filled in
// from the registries. A schema allows whatever the program allows. It does not say which parameters belong to which
// name, nor what depends on files or on several values: the program does. Source:
// https://json-schema.org/draft-07/json-schema-validation; `enumDescriptions`, which validators pass over, belongs to
// VS Code's JSON language service.
#pragma once

#include <string>

#include "tristab/base/parameters.h"

namespace tristab {

// One value of a parameter, without lists: whole numbers also as 16.0, booleans also as "on" and "off", choices that
// are whole numbers also as numbers, "auto" where it is allowed, null where the parameter may be absent. Text and
// nested parameters are any string, and any string or object.
Json value_schema(const Parameter& parameter);

Json sweep_schema();   // configs/sweep.schema.json
Json kernel_schema();  // configs/kernel.schema.json

// As the files hold it.
std::string schema_text(const Json& schema);

}  // namespace tristab
