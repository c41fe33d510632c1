// The checks, by the file that contains them; check.cc puts them in order.
#pragma once

#include "tristab/selftest/check.h"

namespace tristab::selftest {

// rounding_checks.cc
void check_oracle(const Runner& runner, Effort effort, Tally& tally);
void check_rounding(const Runner& runner, Effort effort, Tally& tally);
// operation_checks.cc
void check_operations(const Runner& runner, Effort effort, Tally& tally);
void check_multiply_add(const Runner& runner, Effort effort, Tally& tally);
// sum_checks.cc
void check_sums(const Runner& runner, Effort effort, Tally& tally);
// fused_checks.cc
void check_e4m3_fused(const Runner& runner, Effort effort, Tally& tally);
void check_e5m2_fused(const Runner& runner, Effort effort, Tally& tally);
// unit_checks.cc
void check_published_dots(const Runner& runner, Effort effort, Tally& tally);
void check_matrix_units(const Runner& runner, Effort effort, Tally& tally);
// level_checks.cc
void check_product_levels(const Runner& runner, Effort effort, Tally& tally);
void check_row_levels(const Runner& runner, Effort effort, Tally& tally);
// integer_checks.cc
void check_integer_sums(const Runner& runner, Effort effort, Tally& tally);
// reference_checks.cc
void check_references(const Runner& runner, Effort effort, Tally& tally);
// exhaustive_checks.cc
void check_fp16_pairs(const Runner& runner, Effort effort, Tally& tally);
void check_bf16_pairs(const Runner& runner, Effort effort, Tally& tally);
void check_square_roots(const Runner& runner, Effort effort, Tally& tally);
void check_tf32_subnormals(const Runner& runner, Effort effort, Tally& tally);
void check_every_float(const Runner& runner, Effort effort, Tally& tally);

}  // namespace tristab::selftest
