// Includes the JSON library; for files that make, read or change JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "tristab/base/json_value.h"

// Compiled once (json_instance.cc), not in every file.
extern template class nlohmann::basic_json<>;
