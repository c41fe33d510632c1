// Evaluates one sequence of a sweep: the layer with each setting's inverses, compared with the recurrence.
#pragma once

#include <atomic>

#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// Evaluates sequence `index` of `group` in chunks of n rows. For each chunk, A is formed and inverted, and the layer
// is advanced; everything but A and its inverse is computed in the scenario's layer arithmetic, or in the kernel's
// own. A run ends at the first chunk that is not finite. If the method rejects the input, the record's status is
// `failed`. Each record is judged: against the same layer with the exact T, and by the scenario's requirement, of whose
// recipe `recipe_error` is the worst error. Throws InputError if the source cannot be read, Stopped if `stop` becomes
// true.
LayerResult evaluate_layer(const Plan& plan, std::size_t group, int index, const LayerError& recipe_error,
                           Machines& machines, const std::atomic<bool>& stop);

// The errors of the layer with a recipe on sequence `index` of `group`; infinite if they are not finite. Throws the
// same.
LayerError layer_error(const Plan& plan, std::size_t group, int index, const Recipe& recipe, Machines& machines,
                       const std::atomic<bool>& stop);

}  // namespace tristab
