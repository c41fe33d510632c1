// Rows in the roundings that no vector kernel has: stochastic rounding, and fp64 in any mode other than nearest even.
// Draws are a function of `draws` and of first + i; the other arguments are those of kernels.h.
#pragma once

#include <cstdint>

#include "tristab/arithmetic/kernels.h"

namespace tristab {

// fp64 in a rounding that the hardware operations do not give.
inline bool is_directed_double(const Format& format, Rounding rounding) {
  return format.precision == fp64_format().precision && rounding != Rounding::nearest_even;
}

// The draw of element `index` of an array.
std::uint32_t element_draw(std::uint64_t draws, std::uint64_t index);

// The draw for one rounding of step k of element (i, j) of a product: of a b, or of the sum.
enum class ProductDraw : std::uint32_t { product = 0, sum = 1 };
std::uint32_t product_draw(std::uint64_t draws, int i, int j, int k, ProductDraw which);

// z[i] := round(x[i]); losses are counted if `statistics` is not null.
template <class T>
void round_stochastically_row(const T* x, T* z, int count, const Format& format, std::uint64_t draws,
                              std::uint64_t first, RowStatistics* statistics);

// x[i] := round(x[i] + sign y[i])
template <class T>
void sum_stochastically(T* x, const T* y, T sign, int count, const Format& format, std::uint64_t draws,
                        std::uint64_t first);
void sum_exactly(double* x, const double* y, double sign, int count, const Accumulation& accumulation,
                 std::uint64_t draws, std::uint64_t first);

// z[i] := round(x[i] op y[i]); throws std::logic_error for quotients and square roots.
void apply_exactly(Operation operation, const double* x, const double* y, double* z, int count, const Format& format,
                   Rounding rounding);

}  // namespace tristab
