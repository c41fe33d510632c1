// Key models: how the keys of a chunk are drawn. Each has a file of the same name in this folder.
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
KeyModel alternating_keys();
KeyModel positive_keys();
KeyModel token_offset_keys();
KeyModel unnormalised_keys();

// Divides every row by its 2-norm.
void normalise_rows(Matrix& keys);

// `scale`, a factor of every key, and so the length of normalised ones. If absent it is 1.
Parameter scale_parameter();

// Multiplies every key by `scale` if settings have it.
void apply_scale(const Settings& settings, Matrix& keys);

// b / |b|, b ~ N(0, I), 1 x head_dim, times `scale`: the direction of keys that have one only.
Matrix one_direction(const Settings& settings, const RandomStream& random);

// silu(conv4(strength b + z_t)) before its normalisation, n x head_dim (silu.cc).
Matrix silu_features(const Settings& settings, int n, const RandomStream& random);

// n x dim, row t uniform on m_t +- spread, m_t ~ N(0, offset^2) (token_offset.cc).
Matrix offset_features(int n, int dim, double offset, double spread, const RandomStream& random);

// rows x columns standard normal numbers.
Matrix normal_matrix(int rows, int columns, const RandomStream& random);

}  // namespace tristab
