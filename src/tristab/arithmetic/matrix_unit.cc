// Products on a matrix unit (accumulation.h, MatrixUnit): groups of `terms` exact products are aligned to the largest
// exponent, truncated, added as integers and rounded once. unit_group() is the definition for one element. The vector
// code does the same in int32 for a range of exponents in which nothing can overflow or underflow on the way; it leaves
// every other group to unit_group(). Units whose sums need more bits: wide_matrix_unit.cc.
#include <algorithm>
#include <cmath>
#include <vector>

#include "tristab/arithmetic/matrix_unit.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/matrix_unit.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/matrix_unit-inl.h"
#include "tristab/arithmetic/product_support-inl.h"
#include "tristab/format/round-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
constexpr bool kVectors = true;

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
// Truncation to int32. Unlike Highway's conversion it does not handle values beyond int32.
template <class DI, class V>
HWY_INLINE hn::Vec<DI> truncated(DI, V x) {
  return {_mm512_cvttps_epi32(x.raw)};
}
#elif HWY_TARGET == HWY_AVX2
template <class DI, class V>
HWY_INLINE hn::Vec<DI> truncated(DI, V x) {
  return {_mm256_cvttps_epi32(x.raw)};
}
#else
template <class DI, class V>
HWY_INLINE hn::Vec<DI> truncated(DI di, V x) {
  return hn::ConvertTo(di, x);
}
#endif

// floor(scaled) for scaled = x 2^n; at most -1 for every negative x, also if the scaling has underflowed.
template <class D, class V>
HWY_INLINE V floor_of(D d, V scaled, V x) {
  const V floor = hn::Floor(scaled);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Min(floor, hn::Set(d, -1.0F)), floor);
}

// The sum of a group, given as two halves in units of 2^(e - F), rounded to the accumulator's format.
template <class D, class VI>
HWY_INLINE hn::Vec<D> rounded_sum(D d, const UnitTask& task, VI first, VI second, VI exponent) {
  const hn::Half<hn::RebindToSigned<D>> dih;
  const hn::Repartition<double, D> dd;
  const hn::RebindToUnsigned<decltype(dd)> ddu;
  const hn::RebindToSigned<D> di;
  const hn::Half<D> dh;
  auto low = hn::Add(hn::PromoteTo(dd, hn::LowerHalf(dih, first)), hn::PromoteTo(dd, hn::LowerHalf(dih, second)));
  auto high = hn::Add(hn::PromoteTo(dd, hn::UpperHalf(dih, first)), hn::PromoteTo(dd, hn::UpperHalf(dih, second)));
  // 2^(e - F): a normal float in this range of exponents. Non-zero results are normal floats too.
  const auto unit = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127 - task.unit.fraction_bits))));
  if (task.rounding == Rounding::toward_zero && task.floats_hold_all) {
    const auto kept = hn::Not(hn::Set(ddu, task.target.low));
    low = hn::BitCast(dd, hn::And(hn::BitCast(ddu, low), kept));
    high = hn::BitCast(dd, hn::And(hn::BitCast(ddu, high), kept));
    return hn::Mul(hn::Combine(d, hn::DemoteTo(dh, high), hn::DemoteTo(dh, low)), unit);
  }
  if (task.rounding == Rounding::nearest_even && task.float_target) {
    // Truncated to 24 bits, with the last bit set if inexact, then rounded once more (Boldo and Melquiond 2008). Adding
    // +0 turns -0 into +0.
    const auto to_odd = [&](auto sum) {
      const auto cut = hn::Set(ddu, (std::uint64_t{1} << 29) - 1);
      const auto bits = hn::BitCast(ddu, sum);
      const auto sticky = hn::IfThenElseZero(hn::Ne(hn::And(bits, cut), hn::Zero(ddu)), hn::Add(cut, hn::Set(ddu, 1)));
      return hn::DemoteTo(dh, hn::BitCast(dd, hn::Or(hn::AndNot(cut, bits), sticky)));
    };
    const auto odd = hn::Mul(hn::Combine(d, to_odd(high), to_odd(low)), unit);
    return hn::Add(round_by_addition(d, odd, *task.float_target), hn::Zero(d));
  }
  const auto finished = [&](auto sum, auto scale) {
    const auto rounded = round_to(dd, hn::Mul(sum, hn::PromoteTo(dd, scale)), task.target, task.rounding);
    const auto outside = hn::Gt(hn::Abs(rounded), hn::Set(dd, task.largest));
    const auto beyond = hn::CopySign(hn::Set(dd, task.beyond), rounded);
    // A zero result is +0, also if a negative sum was rounded to zero.
    const auto value = hn::IfThenZeroElse(hn::Eq(rounded, hn::Zero(dd)), hn::IfThenElse(outside, beyond, rounded));
    return hn::DemoteTo(dh, value);
  };
  return hn::Combine(d, finished(high, hn::UpperHalf(dh, unit)), finished(low, hn::LowerHalf(dh, unit)));
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
// The same for a sum that fits into one integer and is truncated into a float: one conversion.
template <class D, class VI>
HWY_INLINE hn::Vec<D> truncated_sum(D d, const UnitTask& task, VI sum, VI exponent) {
  const hn::RebindToSigned<D> di;
  const hn::RebindToUnsigned<D> du;
  const hn::Vec<D> nearest_zero{_mm512_cvt_roundepi32_ps(sum.raw, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)};
  const auto kept = hn::Set(du, ~static_cast<std::uint32_t>(task.target.low >> (53 - 24)));
  const auto unit = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127 - task.unit.fraction_bits))));
  return hn::Mul(hn::BitCast(d, hn::And(hn::BitCast(du, nearest_zero), kept)), unit);
}
#else
template <class D, class VI>
HWY_INLINE hn::Vec<D> truncated_sum(D d, const UnitTask& task, VI sum, VI exponent) {
  return rounded_sum(d, task, sum, hn::Zero(hn::RebindToSigned<D>()), exponent);
}
#endif

// kOneSum: the whole group fits into one int32, and the result is truncated to a format with fp32's exponents.
template <int kTileRows, bool kOneSum>
HWY_INLINE void unit_tile(const UnitTask& task, const std::int32_t* a_exponents, const std::int32_t* b_exponents,
                          int row, int column, Range range) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  using V = hn::Vec<decltype(d)>;
  using VI = hn::Vec<decltype(di)>;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(d));
  const ProductTask<float>& product = task.product;
  const int fraction_bits = task.unit.fraction_bits;
  // These limits keep the scale 2^(F - e) at 2^125 or less, and results within the normal floats.
  const VI lowest = hn::Set(di, fraction_bits - 125), highest = hn::Set(di, 90);
  const VI none = hn::Set(di, kNoExponent / 2);
  float* sums = product.accumulator + row * product.accumulator_stride + column;
  V c[kTileRows];
  for (int r = 0; r < kTileRows; ++r) c[r] = hn::LoadU(d, sums + r * product.accumulator_stride);

  for (int begin = range.begin; begin < range.end; begin += task.unit.terms) {
    const int count = std::min(task.unit.terms, product.inner - begin);
    const float* a = product.a + row * product.a_stride + begin;
    const float* b = product.b + begin * product.b_stride + column;
    const std::int32_t* ea = a_exponents + row * product.inner + begin;
    const std::int32_t* eb = b_exponents + static_cast<std::ptrdiff_t>(begin) * product.columns + column;

    VI exponent[kTileRows];
    for (int r = 0; r < kTileRows; ++r) exponent[r] = exponents(d, c[r], task.min_exponent);
    for (int k = 0; k < count; ++k) {
      const VI right = hn::LoadU(di, eb + static_cast<std::ptrdiff_t>(k) * product.columns);
      for (int r = 0; r < kTileRows; ++r)
        exponent[r] = hn::Max(exponent[r], hn::Add(right, hn::Set(di, ea[r * product.inner + k])));
    }
    auto unsafe = hn::Gt(exponent[0], highest);
    for (int r = 0; r < kTileRows; ++r) {
      const auto small = hn::And(hn::Lt(exponent[r], lowest), hn::Gt(exponent[r], none));
      unsafe = hn::Or(unsafe, hn::Or(hn::Gt(exponent[r], highest), small));
    }
    if (!hn::AllFalse(di, unsafe)) {
      for (int r = 0; r < kTileRows; ++r) {
        alignas(64) float lanes[kLanes];
        hn::StoreU(c[r], d, lanes);
        for (int lane = 0; lane < kLanes; ++lane)
          lanes[lane] = unit_group(task, a + r * product.a_stride, b + lane, product.b_stride, count, lanes[lane]);
        c[r] = hn::LoadU(d, lanes);
      }
      continue;
    }

    // Halves of at most 8 terms are below 2^(F+2), c is below 2^(F+1): within int32 for F <= 25.
    V scale[kTileRows];
    VI first[kTileRows], second[kTileRows];
    for (int r = 0; r < kTileRows; ++r) {
      exponent[r] = hn::Max(exponent[r], lowest);
      scale[r] = hn::BitCast(d, hn::ShiftLeft<23>(hn::Sub(hn::Set(di, 127 + fraction_bits), exponent[r])));
      const V addend = hn::Mul(c[r], scale[r]);
      first[r] = truncated(di, task.unit.addend_floor ? floor_of(d, addend, c[r]) : addend);
      second[r] = hn::Zero(di);
    }
    const auto add_terms = [&](int from, int to, VI* target) {
      for (int k = from; k < to; ++k) {
        const V right = hn::LoadU(d, b + k * product.b_stride);
        for (int r = 0; r < kTileRows; ++r) {
          const V term = hn::Mul(hn::Mul(hn::Set(d, a[r * product.a_stride + k]), right), scale[r]);
          target[r] = hn::Add(target[r], truncated(di, term));
        }
      }
    };
    if constexpr (kOneSum) {
      add_terms(0, count, first);
      for (int r = 0; r < kTileRows; ++r) c[r] = truncated_sum(d, task, first[r], exponent[r]);
    } else {
      const int half = (count + 1) / 2;
      add_terms(0, half, first);
      add_terms(half, count, second);
      for (int r = 0; r < kTileRows; ++r) c[r] = rounded_sum(d, task, first[r], second[r], exponent[r]);
    }
  }
  // A left-out group of zero products would have turned -0 into +0.
  const bool left_out = range.end < product.inner;
  for (int r = 0; r < kTileRows; ++r)
    hn::StoreU(left_out ? hn::Add(c[r], hn::Zero(d)) : c[r], d, sums + r * product.accumulator_stride);
}

template <bool kOneSum>
HWY_NOINLINE void unit_columns(const UnitTask& task, const std::vector<std::int32_t>& a_exponents,
                               const std::vector<std::int32_t>& b_exponents) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  constexpr int kTileRows = HWY_TARGET == HWY_AVX2 ? 2 : 4;
  const ProductTask<float>& product = task.product;
  const ZeroStructure<float> zeros(product);
  for (int column = 0; column + kLanes <= product.columns; column += kLanes) {
    const Range rows_of_b = zeros.rows_of_b(column, kLanes);
    int row = 0;
    const auto range = [&](int rows) {
      return zeros.columns_of_a(row, rows).common(rows_of_b).aligned(task.unit.terms, product.inner);
    };
    for (; row + kTileRows <= product.rows; row += kTileRows)
      unit_tile<kTileRows, kOneSum>(task, a_exponents.data(), b_exponents.data(), row, column, range(kTileRows));
    for (; row < product.rows; ++row)
      unit_tile<1, kOneSum>(task, a_exponents.data(), b_exponents.data(), row, column, range(1));
  }
}

void vector_columns(const ProductTask<float>& product, const Accumulation& accumulation) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  thread_local std::vector<std::int32_t> a_exponents, b_exponents;
  exponents_of_matrix(product.a, product.a_stride, product.rows, product.inner, product.operand_min_exponent,
                      a_exponents);
  const auto run = [&](const ProductTask<float>& part) {
    exponents_of_matrix(part.b, part.b_stride, part.inner, part.columns, part.operand_min_exponent, b_exponents);
    const UnitTask task(part, accumulation);
    // terms 2^(F+2) + 2^(F+1) < 2^31
    const int most = ((1 << 30) - (1 << task.unit.fraction_bits)) >> (task.unit.fraction_bits + 1);
    const bool one_sum = task.unit.terms <= most && task.rounding == Rounding::toward_zero && task.floats_hold_all;
    one_sum ? unit_columns<true>(task, a_exponents, b_exponents) : unit_columns<false>(task, a_exponents, b_exponents);
  };
  const int whole = product.columns / kLanes * kLanes;
  if (whole > 0) {
    ProductTask<float> part = product;
    part.columns = whole;
    run(part);
  }
  if (whole < product.columns) with_padded_columns(product, whole, kLanes, run);
}
#else
constexpr bool kVectors = false;
void vector_columns(const ProductTask<float>&, const Accumulation&) {}
#endif

// Returns whether this kernel can do the product, and does it if so.
bool NarrowUnit(const ProductTask<float>& product, const Accumulation& accumulation) {
  const MatrixUnit& unit = accumulation.unit;
  // Products of two operands fit into the float's significand; halves of a group fit into int32.
  const bool fits = kVectors && product.operand_precision <= 12 && unit.fraction_bits <= 25 &&
                    unit.terms <= (16 << (25 - unit.fraction_bits)) && accumulation.format.precision <= 24;
  if (fits) vector_columns(product, accumulation);
  return fits;
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {
namespace {

HWY_EXPORT(NarrowUnit);

void scalar_product(const UnitTask& task) {
  const ProductTask<float>& product = task.product;
  for (int i = 0; i < product.rows; ++i) {
    for (int j = 0; j < product.columns; ++j) {
      float& c = product.accumulator[i * product.accumulator_stride + j];
      for (int k = 0; k < product.inner; k += task.unit.terms)
        c = unit_group(task, product.a + i * product.a_stride + k, product.b + k * product.b_stride + j,
                       product.b_stride, std::min(task.unit.terms, product.inner - k), c);
    }
  }
}

}  // namespace

void matrix_unit_product(const ProductTask<float>& task, const Accumulation& accumulation) {
  if (HWY_DYNAMIC_DISPATCH(NarrowUnit)(task, accumulation)) return;
  if (fits_double_sums(accumulation.unit)) return wide_matrix_unit_product(task, accumulation);
  scalar_product(UnitTask(task, accumulation));
}

}  // namespace tristab
#endif  // HWY_ONCE
