// The exponents of a matrix unit's operands, for vectors of any SIMD level. Included once per SIMD level.
#if defined(TRISTAB_ARITHMETIC_MATRIX_UNIT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_ARITHMETIC_MATRIX_UNIT_INL_H
#undef TRISTAB_ARITHMETIC_MATRIX_UNIT_INL_H
#else
#define TRISTAB_ARITHMETIC_MATRIX_UNIT_INL_H
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <vector>

#include "tristab/arithmetic/matrix_unit.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// floor(log2 |x|), not below min_exponent.
template <class D, class DI = hn::RebindToSigned<D>>
HWY_INLINE hn::Vec<DI> exponents(D, hn::Vec<D> x, int min_exponent) {
  const DI di;
  const auto bits = hn::BitCast(di, hn::Abs(x));
  const auto field = hn::ShiftRight<23>(bits);
  auto exponent = hn::Max(hn::Sub(field, hn::Set(di, 127)), hn::Set(di, min_exponent));
  exponent = hn::IfThenElse(hn::Eq(bits, hn::Zero(di)), hn::Set(di, kNoExponent), exponent);
  return hn::IfThenElse(hn::Eq(field, hn::Set(di, 255)), hn::Set(di, kNotFinite), exponent);
}

HWY_INLINE void exponents_of_matrix(const float* x, std::ptrdiff_t stride, int rows, int columns, int min_exponent,
                                    std::vector<std::int32_t>& result) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(d));
  result.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  std::int32_t* to = result.data();
  for (int i = 0; i < rows; ++i, to += columns) {
    const float* from = x + i * stride;
    int j = 0;
    for (; j + kLanes <= columns; j += kLanes)
      hn::StoreU(exponents(d, hn::LoadU(d, from + j), min_exponent), di, to + j);
    const hn::CappedTag<float, 1> d1;
    for (; j < columns; ++j) to[j] = hn::GetLane(exponents(d1, hn::Set(d1, from[j]), min_exponent));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
