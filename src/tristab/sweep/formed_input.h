// What a setting is given to invert, where keys and gates are known.
#pragma once

#include <optional>

#include "tristab/matrix/rule/rule.h"
#include "tristab/sweep/setting.h"

namespace tristab {

// A as the setting's formation forms it; none: A as it is (formed in double, or a matrix as such). A kernel's
// formation for one gate a head does not apply to channel gates. Throws UsageError where a formation asked
// for by itself cannot form these.
std::optional<Matrix> formed_matrix(const TokenInputs* tokens, const Setting& setting, Machines& machines);

// Inverts the input as the setting says.
Inversion invert(const Setting& setting, const InversionInput& input, Machines& machines, std::uint64_t draws);

}  // namespace tristab
