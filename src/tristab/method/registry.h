// The methods' definitions, one file each; registry.cc lists them.
#pragma once

#include <string_view>

#include "tristab/method/method.h"

namespace tristab {

Method row_substitution_method();
Method column_sweep_method();
Method matrix_column_sweep_method();
Method mch_method();
Method neumann_method();
Method mbh_method();
Method mxr_method();
Method blocked_substitution_method();
Method recursive_method();
Method newton_schulz_method();
Method residual_neumann_method();
Method refine_method();

// Parameters of mch that exclude each other.
Settings check_mch(const Settings& settings, std::string_view place);

// "<place>: found <one> together with <other>; allowed: <allowed>"
[[noreturn]] void throw_conflict(std::string_view place, std::string_view one, std::string_view other,
                                 std::string_view allowed);

}  // namespace tristab
