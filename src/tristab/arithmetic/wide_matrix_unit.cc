// Products on a matrix unit whose sums need more than an int32: more than 25 fraction bits, long groups, or operands of
// more than 12 bits. The same as matrix_unit.cc, but in doubles. These hold exactly:
// - products of floats (48 bits, exponents from -298 on), and these times the scale 2^(F - e*), |F - e*| < 600;
// - multiples of the unit 2^(e* - F) below 2^53 of it, and so every partial sum of a group (fits_double_sums);
// - the sum times its unit, which is not below 2^(-133 - 44) where the lowest e* is that of accumulation.h.
// No finite operand leaves this range, so only groups with non-finite operands go to unit_group().
#include <algorithm>
#include <vector>

#include "tristab/arithmetic/matrix_unit.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/wide_matrix_unit.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/matrix_unit-inl.h"
#include "tristab/arithmetic/product_support-inl.h"
#include "tristab/arithmetic/step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// 2^exponent, a normal double.
template <class D, class VI>
HWY_INLINE hn::Vec<D> power_of_two(D d, VI exponent) {
  const hn::RebindToSigned<D> dl;
  const auto wide = hn::PromoteTo(dl, exponent);
  return hn::BitCast(d, hn::ShiftLeft<52>(hn::Add(wide, hn::Set(dl, 1023))));
}

// The sum of a group rounded to the accumulator's format. Zero is +0, also if a negative sum was rounded to zero.
template <class D>
HWY_INLINE hn::Vec<D> rounded_group(D d, const UnitTask& task, hn::Vec<D> sum) {
  const auto rounded = task.rounding == Rounding::nearest_even ? round_to<Rounding::nearest_even>(d, sum, task.target)
                                                               : round_to(d, sum, task.target, task.rounding);
  const auto outside = hn::Gt(hn::Abs(rounded), hn::Set(d, task.largest));
  const auto beyond = hn::CopySign(hn::Set(d, task.beyond), rounded);
  return hn::IfThenZeroElse(hn::Eq(rounded, hn::Zero(d)), hn::IfThenElse(outside, beyond, rounded));
}

// What the tiles of one product share besides the task: the exponents of both operands (matrices without gaps), and the
// left operand in doubles.
struct WideOperands {
  const std::int32_t* a_exponents;
  const std::int32_t* b_exponents;
  const double* a;
};

template <int kTileRows>
HWY_INLINE void wide_tile(const UnitTask& task, const WideOperands& operands, int row, int column, Range range) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> df;
  const hn::Rebind<std::int32_t, decltype(d)> di;
  using V = hn::Vec<decltype(d)>;
  using VI = hn::Vec<decltype(di)>;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<double>()));
  const ProductTask<float>& product = task.product;
  float* sums = product.accumulator + row * product.accumulator_stride + column;
  hn::Vec<decltype(df)> c[kTileRows];
  for (int r = 0; r < kTileRows; ++r) c[r] = hn::LoadU(df, sums + r * product.accumulator_stride);

  for (int begin = range.begin; begin < range.end; begin += task.unit.terms) {
    const int count = std::min(task.unit.terms, product.inner - begin);
    const std::ptrdiff_t left = static_cast<std::ptrdiff_t>(row) * product.inner + begin;
    const float* b = product.b + begin * product.b_stride + column;
    const std::int32_t* eb = operands.b_exponents + static_cast<std::ptrdiff_t>(begin) * product.columns + column;

    VI exponent[kTileRows];
    for (int r = 0; r < kTileRows; ++r) exponent[r] = exponents(df, c[r], task.min_exponent);
    for (int k = 0; k < count; ++k) {
      const VI right = hn::LoadU(di, eb + static_cast<std::ptrdiff_t>(k) * product.columns);
      for (int r = 0; r < kTileRows; ++r) {
        const VI factor = hn::Set(di, operands.a_exponents[left + r * product.inner + k]);
        exponent[r] = hn::Max(exponent[r], hn::Add(right, factor));
      }
    }
    VI highest = exponent[0];
    for (int r = 1; r < kTileRows; ++r) highest = hn::Max(highest, exponent[r]);
    if (!hn::AllFalse(di, hn::Gt(highest, hn::Set(di, (kNotFinite + kNoExponent) / 2)))) {
      for (int r = 0; r < kTileRows; ++r) {
        alignas(64) float lanes[kLanes];
        hn::StoreU(c[r], df, lanes);
        for (int lane = 0; lane < kLanes; ++lane)
          lanes[lane] = unit_group(task, product.a + (row + r) * product.a_stride + begin, b + lane, product.b_stride,
                                   count, lanes[lane]);
        c[r] = hn::LoadU(df, lanes);
      }
      continue;
    }

    V scale[kTileRows], sum[kTileRows];
    const VI fraction_bits = hn::Set(di, task.unit.fraction_bits);
    for (int r = 0; r < kTileRows; ++r) {
      exponent[r] = hn::Max(exponent[r], hn::Set(di, task.unit.lowest_exponent));
      scale[r] = power_of_two(d, hn::Sub(fraction_bits, exponent[r]));
      const V addend = hn::Mul(hn::PromoteTo(d, c[r]), scale[r]);
      sum[r] = task.unit.addend_floor ? hn::Floor(addend) : hn::Trunc(addend);
    }
    for (int k = 0; k < count; ++k) {
      const V right = hn::PromoteTo(d, hn::LoadU(df, b + k * product.b_stride));
      for (int r = 0; r < kTileRows; ++r) {
        const V term = hn::Mul(hn::Set(d, operands.a[left + r * product.inner + k]), right);
        sum[r] = hn::Add(sum[r], hn::Trunc(hn::Mul(term, scale[r])));
      }
    }
    for (int r = 0; r < kTileRows; ++r) {
      const V unit = power_of_two(d, hn::Sub(exponent[r], fraction_bits));
      c[r] = narrowed(df, rounded_group(d, task, hn::Mul(sum[r], unit)));
    }
  }
  // No sum is -0 here, so left-out groups of zero products (skip_zeros) would not have changed its sign.
  for (int r = 0; r < kTileRows; ++r) hn::StoreU(c[r], df, sums + r * product.accumulator_stride);
}

// `product.columns` must be a multiple of the lanes.
HWY_NOINLINE void wide_columns(const ProductTask<float>& product, const Accumulation& accumulation,
                               const std::int32_t* a_exponents, const double* a) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<double>()));
  constexpr int kTileRows = 4;
  thread_local std::vector<std::int32_t> b_exponents;
  exponents_of_matrix(product.b, product.b_stride, product.inner, product.columns, product.operand_min_exponent,
                      b_exponents);
  const UnitTask task(product, accumulation);
  const WideOperands operands{a_exponents, b_exponents.data(), a};
  const ZeroStructure<float> zeros(product);
  for (int column = 0; column < product.columns; column += kLanes) {
    const Range rows_of_b = zeros.rows_of_b(column, kLanes);
    const auto range = [&](int row, int rows) {
      return zeros.columns_of_a(row, rows).common(rows_of_b).aligned(task.unit.terms, product.inner);
    };
    int row = 0;
    for (; row + kTileRows <= product.rows; row += kTileRows)
      wide_tile<kTileRows>(task, operands, row, column, range(row, kTileRows));
    for (; row < product.rows; ++row) wide_tile<1>(task, operands, row, column, range(row, 1));
  }
}

void WideUnit(const ProductTask<float>& product, const Accumulation& accumulation) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<double>()));
  thread_local std::vector<std::int32_t> a_exponents;
  thread_local std::vector<double> a;
  exponents_of_matrix(product.a, product.a_stride, product.rows, product.inner, product.operand_min_exponent,
                      a_exponents);
  a.clear();
  for (int i = 0; i < product.rows; ++i)
    a.insert(a.end(), product.a + i * product.a_stride, product.a + i * product.a_stride + product.inner);
  const auto run = [&](const ProductTask<float>& part) {
    wide_columns(part, accumulation, a_exponents.data(), a.data());
  };
  const int whole = product.columns / kLanes * kLanes;
  if (whole > 0) {
    ProductTask<float> part = product;
    part.columns = whole;
    run(part);
  }
  if (whole < product.columns) with_padded_columns(product, whole, kLanes, run);
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(WideUnit);

void wide_matrix_unit_product(const ProductTask<float>& task, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(WideUnit)(task, accumulation);
}

}  // namespace tristab
#endif  // HWY_ONCE
