// The methods' definitions, one file each; registry.cc lists them.
#pragma once

#include <string_view>

#include "tristab/method/method.h"

namespace tristab {

Method row_substitution_method();
Method solve_method();
Method column_sweep_method();
Method matrix_column_sweep_method();
Method gauss_jordan_method();
Method mch_method();
Method neumann_method();
Method paterson_stockmeyer_method();
Method mbh_method();
Method ladder_method();
Method mxr_method();
Method blocked_substitution_method();
Method bounded_doubling_method();
Method recursive_method();
Method newton_schulz_method();
Method residual_neumann_method();
Method refine_method();
Method ungated_method();

// Completes a method that only has invert_blocks: `invert` runs it on the whole matrix in the method's only stage. The
// last result stays in the accumulator's format.
Method in_one_stage(Method method);

// The parameter `levels` of methods that double their blocks, and the stage of the level that makes blocks of `size`.
Parameter levels_parameter();
std::string level_stage(const Settings& settings, int size);

// The parameter `degree` of a truncated series, and the degree on n rows.
Parameter degree_parameter();
int series_degree(const Settings& settings, int n);

// Throws UsageError naming `place` if a base needs the decay factors, which only the outermost method gets.
void check_not_ungated(const MethodSpec& base, std::string_view place);

// "<place>: found <one> together with <other>; allowed: <allowed>"
[[noreturn]] void throw_conflict(std::string_view place, std::string_view one, std::string_view other,
                                 std::string_view allowed);

}  // namespace tristab
