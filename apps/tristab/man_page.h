// The manual page tristab(1) in the macros of man(7).
#pragma once

#include <string>

#include "command.h"

namespace tristab {

// The page has every command with its options and their details, the names in the registries, exit statuses,
// environment, files, examples and papers. `version` is at the foot of the page.
std::string man_page(const Program& program, const std::string& version);

}  // namespace tristab
