// The peer of the emulated products: Eigen's float product, one thread, built for a SIMD level.
#pragma once

#include "simd_level.h"

namespace tristab {

// C = A B, A rows x inner, B inner x columns, all row-major, without gaps, not overlapping.
using EigenProduct = void (*)(int rows, int inner, int columns, const float* a, const float* b, float* c);

// The product from the shared object that lies beside this program; it stays loaded. Throws InputError when
// it is not there.
EigenProduct load_eigen_product(const SimdLevel& level);

}  // namespace tristab
