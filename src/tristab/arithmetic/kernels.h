// The inner loops of the emulated machine: sums of products, additions and roundings over rows of carriers. Each is
// compiled for several SIMD levels; the level is chosen at run time. Vector lanes lie along the columns and every
// output element is computed independently, so every level gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tristab/arithmetic/accumulation.h"

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
  // Sums start at +0; the accumulator's contents are ignored.
  bool from_zero = false;
  // All operands and the addend are finite. Results are right without this; it allows faster kernels.
  bool finite = false;
  // Skip products that have a zero factor. Allowed only if this cannot change a bit: all operands are finite, no
  // accumulator element is -0, and the rounding gives +0 for exact cancellation (so not `down`).
  bool skip_zeros = false;
  // The operands' format: significant bits, emin, emax. A matrix unit takes emin as the exponent of subnormals.
  int operand_precision = 24, operand_min_exponent = -126, operand_max_exponent = 127;
  // For stochastic rounding: the draws of one product are a function of this and of (i, j, k).
  std::uint64_t draws = 0;
};

// The task for matrices without gaps: a is rows x inner, b is inner x columns, both in the format `operand`.
template <class Carrier>
ProductTask<Carrier> dense_task(const Carrier* a, const Carrier* b, Carrier* accumulator, int rows, int inner,
                                int columns, const Format& operand) {
  ProductTask<Carrier> task;
  task.rows = rows;
  task.inner = inner;
  task.columns = columns;
  task.a = a;
  task.a_stride = inner;
  task.b = b;
  task.b_stride = columns;
  task.accumulator = accumulator;
  task.accumulator_stride = columns;
  task.operand_precision = operand.precision;
  task.operand_min_exponent = operand.min_exponent;
  task.operand_max_exponent = operand.max_exponent;
  return task;
}

template <class Carrier>
void accumulate_product(const ProductTask<Carrier>& task, const Accumulation& accumulation);

// x[i] := round(x[i] + sign y[i]); x and y are already in the accumulation's format. Stochastic draws are a function of
// `draws` and of first + i.
template <class Carrier>
void accumulate_sum(Carrier* x, const Carrier* y, Carrier sign, int count, const Accumulation& accumulation,
                    std::uint64_t draws = 0, std::uint64_t first = 0);

// z[i] := round(x[i]); z may be x.
template <class Carrier>
void round_row(const Carrier* x, Carrier* z, int count, const Format& format, Rounding rounding,
               std::uint64_t draws = 0, std::uint64_t first = 0);

// z[i] := round(x[i] op y[i]), each operation rounded once. Division and square root are for the selftest and for what
// surrounds the inverse. square_root ignores y.
enum class Operation { add, subtract, multiply, divide, square_root };
template <class Carrier>
void apply_operation(Operation operation, const Carrier* x, const Carrier* y, Carrier* z, int count,
                     const Format& format, Rounding rounding);

// Statistics of one pass over finished results.
struct RowStatistics {
  double largest = 0;          // largest finite magnitude before rounding to storage
  std::int64_t nonfinite = 0;  // elements not finite before rounding to storage
  // Finite elements that rounding to storage made infinite or NaN, or that would have rounded beyond the largest number
  // of a saturating format.
  std::int64_t overflows = 0;
  std::int64_t underflows = 0;  // non-zero elements that rounding to storage made zero or an inexact subnormal
};

template <class Carrier>
void gather_statistics(const Carrier* x, int count, RowStatistics& statistics);

// round_row with counts.
template <class Carrier>
void round_row_counted(Carrier* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics,
                       std::uint64_t draws = 0, std::uint64_t first = 0);

// gather_statistics, then round_row_counted, in one pass.
template <class Carrier>
void finish_row(Carrier* x, int count, const Format& format, Rounding rounding, RowStatistics& statistics,
                std::uint64_t draws = 0, std::uint64_t first = 0);

template <class Carrier>
bool contains_negative_zero(const Carrier* x, int count);

// Name of the SIMD level in use: "avx512", "avx2" or "baseline".
const char* simd_level();

}  // namespace tristab
