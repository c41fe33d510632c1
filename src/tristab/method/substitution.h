// Row substitution, shared by the methods that use it on the whole matrix or on their diagonal blocks.
#pragma once

#include "tristab/method/method.h"

namespace tristab {

enum class SubstitutionForm {
  unit,   // rows of X with their unit diagonal: X_i = e_i - sum_{k<i} A_ik X_k
  strict  // rows of X - I, as FLA keeps them: Y_i = -A_i - sum_{k<i} A_ik Y_k, and X = I + Y at the end
};

// X = (I + A)^-1 row by row on the vector unit; A may be a batch of blocks. `order` says whether e_i (or -A_i) starts
// the sum, as in the axpy form, or is added to the finished sum, as in the dot form.
Value substitute_rows(const Value& a, Machine& machine, const Stage& stage, SubstitutionForm form, AddendOrder order);

// Of the parameter `order`, "axpy" or "dot".
AddendOrder substitution_order(const Settings& settings);

// X in (I + A) X = B by forward substitution on block rows of `block` rows, from the top. The rows of a block are
// substituted in the stage `rows`. What the blocks above contribute is a product of the stage `merge`, kept in the
// accumulator's format, and subtracted in the stage `rows`: B_i - A_i,0..i-1 X_0..i-1.
Value solve_block_rows(const Value& a, const Value& b, int block, AddendOrder order, std::string_view rows,
                       Machine& machine);

}  // namespace tristab
