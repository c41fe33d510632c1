// Evaluates one matrix of a sweep: its references, which all its records share, and the records.
#pragma once

#include <atomic>

#include "tristab/base/interruption.h"
#include "tristab/sweep/plan.h"
#include "tristab/sweep/record.h"

namespace tristab {

// Evaluates matrix `index` of `group`. `recipe_error`: the worst total error of the requirement's recipe on the group.
// Computes the exact inverse once for A as given and, where records need it, once for each other A that formations and
// rounding give (not again if A rounds to itself). If the inverse of A is outside the range of double, all records of
// the matrix are `failed`; if a method rejects its input, its record is. Throws InputError if the source cannot be
// read, Stopped if `stop` becomes true.
MatrixResult evaluate_matrix(const Plan& plan, std::size_t group, int index, double recipe_error, Machines& machines,
                             const std::atomic<bool>& stop);

// The total error of a recipe on matrix `index` of `group`; infinite if it gives no finite answer. Throws the same.
double total_error(const Plan& plan, std::size_t group, int index, const Recipe& recipe, Machines& machines);

}  // namespace tristab
