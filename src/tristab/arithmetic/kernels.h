// The inner loops of the emulated machine: sums of products, additions and roundings over rows of carriers.
// Each is compiled for several SIMD levels and chosen at run time; the sums run along k for every output
// element separately (vector lanes lie along the columns), so every level gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tristab/arithmetic/arithmetic.h"

namespace tristab {

// acc(i, j) := acc(i, j) "+" sum_k a(i, k) b(k, j) in the accumulation's order, in place.
template <class Carrier>
struct ProductTask {
  int rows = 0, inner = 0, columns = 0;
  const Carrier* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const Carrier* b = nullptr;
  std::ptrdiff_t b_stride = 0;
  Carrier* accumulator = nullptr;
  std::ptrdiff_t accumulator_stride = 0;
  // Leave out products with a zero factor. The caller warrants that this cannot change a bit: all operands
  // are finite, no accumulator element is -0, and the rounding gives +0 for exact cancellation (so not
  // `down`).
  bool skip_zeros = false;
  int operand_precision = 24;  // significant bits of a and b: up to 26 their product is exact in double
};

template <class Carrier>
void accumulate_product(const ProductTask<Carrier>& task, const Accumulation& accumulation);

// x[i] := round(x[i] + sign y[i]); x and y lie in the accumulation's format already.
template <class Carrier>
void accumulate_sum(Carrier* x, const Carrier* y, Carrier sign, int count, const Accumulation& accumulation);

// x[i] := round(x[i])
template <class Carrier>
void round_row(Carrier* x, int count, const Format& format, Rounding rounding);

// What one pass over finished results saw.
struct RowStatistics {
  double largest = 0;          // largest finite magnitude before rounding to storage
  std::int64_t nonfinite = 0;  // elements not finite before rounding to storage
  std::int64_t overflows = 0;  // finite elements that rounding to storage made infinite
  std::int64_t underflows =
      0;  // non-zero elements that rounding to storage made zero or an inexact subnormal
};

template <class Carrier>
void gather_statistics(const Carrier* x, int count, RowStatistics& statistics);

// round_row, counting.
template <class Carrier>
void round_row_counted(Carrier* x, int count, const Format& format, Rounding rounding,
                       RowStatistics& statistics);

template <class Carrier>
bool contains_negative_zero(const Carrier* x, int count);

// Name of the SIMD level in use: "avx512", "avx2", "sse2", ....
const char* simd_level();

}  // namespace tristab
