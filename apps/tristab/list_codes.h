// tristab list formats NAME --codes: every code of a small format with its value.
#pragma once

#include <string>

namespace tristab {

// Throws UsageError for another kind, no name, or a format of more than 8 bits.
void list_codes(const std::string& kind, const std::string& name);

}  // namespace tristab
