// The input that a setting inverts: A as its formation forms it from keys and gates.
#pragma once

#include <optional>

#include "tristab/matrix/rule/rule.h"
#include "tristab/sweep/setting.h"

namespace tristab {

// A as the setting's formation forms it; std::nullopt: use A as it is (formed in double, or given). For channel
// gates, a kernel's `gram` formation is skipped; without a kernel, a formation that cannot form A from these gates
// throws UsageError.
std::optional<Matrix> formed_matrix(const TokenInputs* tokens, const Setting& setting, Machines& machines);

// Inverts the input as the setting says.
Inversion invert(const Setting& setting, const InversionInput& input, Machines& machines, std::uint64_t draws);

}  // namespace tristab
