// The vector kernels behind accumulate_product, one for each family of accumulation models.
#pragma once

#include "tristab/arithmetic/kernels.h"

namespace tristab {

// AccumulationModel::sequential in every deterministic rounding; fp64 only to nearest even.
void sequential_product(const ProductTask<float>& task, const Accumulation& accumulation);
void sequential_product(const ProductTask<double>& task, const Accumulation& accumulation);

// AccumulationModel::matrix_unit.
void matrix_unit_product(const ProductTask<float>& task, const Accumulation& accumulation);

}  // namespace tristab
