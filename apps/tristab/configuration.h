// Configurations as commands take them.
#pragma once

#include <string>

#include "tristab/sweep/config.h"

namespace tristab {

// The configuration in a file, or that of a result, whose cases can be run again. Throws UsageError for a wrong
// configuration, InputError if the file cannot be read or is a result without its configuration.
SweepConfig read_config(const std::string& path, const ConfigOverrides& overrides);

}  // namespace tristab
