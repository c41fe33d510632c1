// tristab list ceilings: how strong a gate each anchor stands, by formula and by running the formation.
#pragma once

#include <string>

namespace tristab {

// Throws UsageError for a name: the list has no entries to explain.
void list_ceilings(const std::string& name);

}  // namespace tristab
