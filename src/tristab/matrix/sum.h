// Sums in one fixed order, independent of the SIMD width: eight partial sums, the k-th over the indices congruent to k
// modulo 8, then ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
#pragma once

#include <array>
#include <cstddef>

namespace tristab {

inline double combined(const std::array<double, 8>& s) {
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

// x . y over `size` elements.
inline double dot(const double* x, const double* y, std::size_t size) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += x[i + k] * y[i + k];
  }
  for (std::size_t k = 0; i < size; ++i, ++k) sums[k] += x[i] * y[i];
  return combined(sums);
}

}  // namespace tristab
