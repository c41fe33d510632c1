// One matrix of a sweep: its references, shared by all of its records, and the records.
#pragma once

#include <atomic>

#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// The run was stopped from outside before it was done.
struct Stopped {};

// Matrix `index` of `group`. The exact inverse is computed once for A as given and once for each distinct
// rounding of A that an arithmetic asks for (not again where A rounds to itself). A matrix whose inverse
// leaves the range of double has failed records; what a method cannot take has a failed record. Throws
// InputError when the source cannot be read, Stopped when `stop` becomes true.
MatrixResult evaluate_matrix(const Plan& plan, std::size_t group, int index, Machines& machines,
                             const std::atomic<bool>& stop);

}  // namespace tristab
