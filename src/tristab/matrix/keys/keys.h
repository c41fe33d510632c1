// Key models: how the keys of a chunk are drawn. Each lives in a file of its own name beside this one.
#pragma once

#include <span>

#include "tristab/matrix/model.h"

namespace tristab {

std::span<const KeyModel> key_models();

KeyModel independent_keys();
KeyModel silu_keys();
KeyModel collinear_keys();
KeyModel identical_keys();
KeyModel orthogonal_keys();
KeyModel clustered_keys();

// Divides every row by its 2-norm.
void normalise_rows(Matrix& keys);

// The nearest bfloat16 (8 significant bits, exponents of float), ties to even; for |x| below 2^127.
double rounded_to_bfloat16(double x);

// rows x columns standard normal numbers.
Matrix normal_matrix(int rows, int columns, const RandomStream& random);

}  // namespace tristab
