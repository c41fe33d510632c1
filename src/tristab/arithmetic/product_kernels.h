// The vector kernels behind accumulate_product, one for each family of accumulation models. Only those that say so
// do the task's roundings.
#pragma once

#include "tristab/arithmetic/kernels.h"

namespace tristab {

// AccumulationModel::sequential in every deterministic rounding; fp64 to nearest even alone.
void sequential_product(const ProductTask<float>& task, const Accumulation& accumulation);
void sequential_product(const ProductTask<double>& task, const Accumulation& accumulation);

// AccumulationModel::matrix_unit.
void matrix_unit_product(const ProductTask<float>& task, const Accumulation& accumulation);

// Sums in fp32 of products of operands rounded to fp16, bf16 or tf32 on the way, as the task says; false, and nothing has
// been done, where it is no such product.
bool narrow_product(const ProductTask<float>& task, const Accumulation& accumulation);

// sequential_product with the task's roundings in passes before and after it.
void sequential_product_with_roundings(const ProductTask<float>& task, const Accumulation& accumulation);

}  // namespace tristab
