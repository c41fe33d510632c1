// The manual page tristab(1) in the macros of man(7).
#pragma once

#include <string>

#include "command.h"

namespace tristab {

// Every command with its options and what the table says of them beyond --help, the names that the registries hold,
// exit statuses, environment, files, examples and papers. `version` stands at the foot of the page.
std::string man_page(const Program& program, const std::string& version);

}  // namespace tristab
