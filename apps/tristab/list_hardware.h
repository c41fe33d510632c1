// tristab list hardware: described machines, and how well their rates alone predict times that were measured.
#pragma once

#include <string>

namespace tristab {

void list_hardware(const std::string& name);

}  // namespace tristab
