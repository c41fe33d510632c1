// A matrix unit's product (accumulation.h, MatrixUnit): what its kernels share, and the definition for one element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "tristab/arithmetic/product_kernels.h"
#include "tristab/format/round.h"

namespace tristab {

// What all elements of a product share.
struct UnitTask {
  const ProductTask<float>& product;
  MatrixUnit unit;
  Rounding rounding;
  std::optional<RoundingTarget<float>> float_target;  // if round_by_addition() is right
  RoundingTarget<double> target;                      // never overflows: its largest value is infinite
  double largest;                                     // results beyond it become `beyond` in every rounding
  double beyond;
  int min_exponent;      // of the accumulator's format: what a subnormal c has
  bool floats_hold_all;  // the accumulator's exponents are those of fp32: no overflow in the vector code's range

  UnitTask(const ProductTask<float>& task, const Accumulation& accumulation)
      : product(task),
        unit(accumulation.unit),
        rounding(accumulation.rounding),
        target(accumulation.format),
        largest(target.largest),
        beyond(target.beyond),
        min_exponent(accumulation.format.min_exponent),
        floats_hold_all(accumulation.format.min_exponent == -126 && accumulation.format.max_exponent == 127) {
    if (accumulation.format.subnormals && RoundingTarget<float>(accumulation.format).by_addition)
      float_target.emplace(accumulation.format);
    target.largest = std::numeric_limits<double>::infinity();
  }
};

// c + sum_k a[k] b[k stride] over one group, for any operands and exponents.
float unit_group(const UnitTask& task, const float* a, const float* b, std::ptrdiff_t b_stride, int count, float c);

// Exponents that stand for a zero factor and for a factor that is not finite. No sum of two can be mistaken for a real
// one.
constexpr std::int32_t kNoExponent = -20000, kNotFinite = 30000;

// Sums groups in doubles instead of int32: for every operand format inside fp32 and every unit with fits_double_sums().
void wide_matrix_unit_product(const ProductTask<float>& task, const Accumulation& accumulation);

// terms 2^(F + 2) + 2^(F + 1) <= 2^53: every sum of a group, in units of 2^(e* - F), is a double.
inline bool fits_double_sums(const MatrixUnit& unit) { return unit.fraction_bits <= 44 && unit.terms <= 64; }

}  // namespace tristab
