// One sequence of a sweep: the layer that each setting's inverses make, beside the recurrence.
#pragma once

#include <atomic>

#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// Sequence `index` of `group`, whose chunks of n rows are formed, inverted and carried on one after the
// other, with everything but the inverse in the scenario's layer arithmetic or the kernel's own. A run ends
// at the first chunk that is not finite. What a method cannot take has a failed record. Throws InputError
// when the source cannot be read, Stopped when `stop` becomes true.
LayerResult evaluate_layer(const Plan& plan, std::size_t group, int index, Machines& machines,
                           const std::atomic<bool>& stop);

}  // namespace tristab
