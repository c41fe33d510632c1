// Products of operands of up to 12 bits summed in fp32, k ascending, with roundings of operands and sums on the way:
// operands are rounded while a panel of b and some rows of a are brought together for the tiles, sums before they are
// stored. Where every product is a float, c + fl(a b) and fl(c + a b) are the same, and one fused multiply-add does a
// step; that they are is known from the format (fp16) or seen in the operands on the way (bf16, tf32). Rows for which
// it is not so are left to the sequential kernel.
#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>

#include "tristab/arithmetic/product_kernels.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/narrow_product.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/product_support-inl.h"
#include "tristab/arithmetic/step-inl.h"

#ifndef TRISTAB_ARITHMETIC_NARROW_PRODUCT_ONCE
#define TRISTAB_ARITHMETIC_NARROW_PRODUCT_ONCE
namespace tristab {

// Aligned memory of one thread that grows with the largest product; throws std::bad_alloc.
class Scratch {
 public:
  float* at_least(std::size_t count) {
    if (count > count_) {
      count_ = 0;
      elements_ = hwy::AllocateAligned<float>(count);
      if (elements_ == nullptr) throw std::bad_alloc();
      count_ = count;
    }
    return elements_.get();
  }

 private:
  std::size_t count_ = 0;
  hwy::AlignedFreeUniquePtr<float[]> elements_;
};

}  // namespace tristab
#endif  // TRISTAB_ARITHMETIC_NARROW_PRODUCT_ONCE

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

struct Unrounded {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return x;
  }
};

// ToSameRange for a number of dropped bits known to the compiler.
template <int kDropped>
struct DropBits {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const hn::RebindToUnsigned<D> du;
    constexpr std::uint32_t kLow = (std::uint32_t{1} << kDropped) - 1;
    const auto bits = hn::BitCast(du, x);
    const auto sticky = hn::OrAnd(bits, hn::ShiftRight<kDropped>(bits), hn::Set(du, 1));
    return hn::BitCast(d, hn::And(hn::Add(sticky, hn::Set(du, kLow >> 1)), hn::Set(du, ~kLow)));
  }
};

// The first `count` elements, and zeros.
template <class D>
HWY_INLINE hn::Vec<D> load_first(D d, const float* from, int count) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  if (count >= kLanes) return hn::LoadU(d, from);
  alignas(64) float first[kLanes] = {};
  std::copy_n(from, count, first);
  return hn::Load(d, first);
}

// What a tile reads: rows of a as they are given, a panel of b.
struct TileOperands {
  const float* a;
  std::ptrdiff_t a_stride;
  const float* b;      // rounded rows without gaps
  Exponents partners;  // what a's elements may have so that all products with the panel are floats
};

// Elements (row + r, column + lane) of a panel, k in `range`; a's rows are rounded a vector at a time, shortly before
// they are needed, so that this is done while multiplications wait. False, and nothing is stored, where some product
// may not be a float.
template <int kTileRows, int kVectors, bool kScans, class D, class Operand, class Result>
HWY_INLINE bool fused_tile(D d, const ProductTask<float>& task, const Operand& round_operand,
                           const Result& round_result, const TileOperands& operands, float* sums,
                           Range range) {
  using V = hn::Vec<D>;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  V c[kTileRows][kVectors];
  for (int r = 0; r < kTileRows; ++r) {
    for (int v = 0; v < kVectors; ++v)
      c[r][v] = task.from_zero ? hn::Zero(d) : hn::LoadU(d, sums + r * task.accumulator_stride + v * kLanes);
  }
  MagnitudeScan scan;
  alignas(64) float rounded[kTileRows * kLanes];
  const float* b = operands.b + static_cast<std::ptrdiff_t>(range.begin) * kVectors * kLanes;
  for (int first = range.begin; first < range.end; first += kLanes) {
    const int count = std::min(kLanes, range.end - first);
    for (int r = 0; r < kTileRows; ++r) {
      const V x = round_operand(d, load_first(d, operands.a + r * operands.a_stride + first, count));
      if constexpr (kScans) scan.see(x);
      hn::Store(x, d, rounded + r * kLanes);
    }
    for (int k = 0; k < count; ++k, b += kVectors * kLanes) {
      V right[kVectors];
      for (int v = 0; v < kVectors; ++v) right[v] = hn::LoadU(d, b + v * kLanes);
      for (int r = 0; r < kTileRows; ++r) {
        const V left = hn::Set(d, rounded[r * kLanes + k]);
        for (int v = 0; v < kVectors; ++v) c[r][v] = fused(d, left, right[v], c[r][v]);
      }
    }
  }
  if (kScans && !scan.within(operands.partners)) return false;
  for (int r = 0; r < kTileRows; ++r) {
    for (int v = 0; v < kVectors; ++v)
      hn::StoreU(round_result(d, c[r][v]), d, sums + r * task.accumulator_stride + v * kLanes);
  }
  return true;
}

// The rows from `row` on of one panel, operands and sums rounded in passes of their own.
HWY_NOINLINE void sequential_rows(const ProductTask<float>& task, const Accumulation& accumulation, int row,
                                  int column, int width) {
  ProductTask<float> rest = task;
  rest.rows = task.rows - row;
  rest.columns = width;
  rest.a += row * task.a_stride;
  rest.b += column;
  rest.accumulator += row * task.accumulator_stride + column;
  sequential_product_with_roundings(rest, accumulation);
}

template <bool kScans, int kVectors, class D, class Operand, class Result>
HWY_INLINE void panel(D d, const ProductTask<float>& task, const Accumulation& accumulation,
                      const Operand& round_operand, const Result& round_result, int column) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D())), kTileRows = 4;
  constexpr int kWidth = kVectors * kLanes;
  thread_local Scratch b_scratch;
  const ZeroStructure<float> zeros(task);
  const Range rows_of_b = zeros.rows_of_b(column, kWidth);

  float* b = b_scratch.at_least(static_cast<std::size_t>(task.inner) * kWidth);
  MagnitudeScan b_scan;
  for (int k = rows_of_b.begin; k < rows_of_b.end; ++k) {
    for (int v = 0; v < kVectors; ++v) {
      const auto x = round_operand(d, hn::LoadU(d, task.b + k * task.b_stride + column + v * kLanes));
      if constexpr (kScans) b_scan.see(x);
      hn::Store(x, d, b + (k * kVectors + v) * kLanes);
    }
  }
  const Exponents partners = partners_of(b_scan.exponents(), task.operand_precision);
  const auto rows = [&]<int kRows>(std::integral_constant<int, kRows>, int row) {
    const TileOperands operands{task.a + row * task.a_stride, task.a_stride, b, partners};
    return fused_tile<kRows, kVectors, kScans>(d, task, round_operand, round_result, operands,
                                               task.accumulator + row * task.accumulator_stride + column,
                                               zeros.columns_of_a(row, kRows).common(rows_of_b));
  };
  int row = 0;
  bool exact = true;
  while (exact && row + kTileRows <= task.rows) {
    exact = rows(std::integral_constant<int, kTileRows>(), row);
    if (exact) row += kTileRows;
  }
  while (exact && row < task.rows) {
    exact = rows(std::integral_constant<int, 1>(), row);
    if (exact) ++row;
  }
  if (!exact) sequential_rows(task, accumulation, row, column, kWidth);
}

template <bool kScans, class Operand, class Result>
HWY_NOINLINE void panels(const ProductTask<float>& task, const Accumulation& accumulation,
                         const Operand& operand_in, const Result& result_in) {
  const Operand operand = operand_in;  // copies whose address nothing else knows stay in registers
  const Result result = result_in;
  const hn::ScalableTag<float> d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  constexpr int kVectors = 4;  // as in sequential_product.cc
  int column = 0;
  for (; column + kVectors * kLanes <= task.columns; column += kVectors * kLanes)
    panel<kScans, kVectors>(d, task, accumulation, operand, result, column);
  for (; column + kLanes <= task.columns; column += kLanes)
    panel<kScans, 1>(d, task, accumulation, operand, result, column);
  if (column == task.columns) return;
  with_padded_columns(task, column, kLanes, [&](const ProductTask<float>& last) {
    panel<kScans, 1>(d, last, accumulation, operand, result, 0);
  });
}

// Whether the product was one for this kernel.
bool NarrowFloat(const ProductTask<float>& task, const Accumulation& accumulation) {
  const Format* operand = task.round_operands;
  const Format* sums = task.round_sums;
  if (operand == nullptr || !operand->is_ieee_style() || (sums != nullptr && *sums != *operand)) return false;
  // Where registers are few (AVX2), passes of their own are faster.
  if (!kStaticRounding || task.operand_precision > 12 || accumulation.format != fp32_format() ||
      accumulation.rounding != Rounding::nearest_even)
    return false;
  // With fma a step is fused anyway; only the signs of zeros that skipped products leave ask for exact ones.
  const bool scans = !products_are_always_floats(task) && (!accumulation.fma || task.skip_zeros);
  const auto run = [&]<bool kScans>(const auto& round) {
    sums == nullptr ? panels<kScans>(task, accumulation, round, Unrounded{})
                    : panels<kScans>(task, accumulation, round, round);
    return true;
  };
  if (operand->precision == 11 && operand->min_exponent == -14 && operand->max_exponent == 15)
    return !scans && run.template operator()<false>(ToHalf{});
  // Without NaN among the operands sums have the processor's own alone, which has zeros in all the dropped bits.
  if (!scans || !task.finite || operand->min_exponent != -126 || operand->max_exponent != 127) return false;
  if (operand->precision == 8) return run.template operator()<true>(DropBits<16>{});
  return operand->precision == 11 && run.template operator()<true>(DropBits<13>{});
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(NarrowFloat);

bool narrow_product(const ProductTask<float>& task, const Accumulation& accumulation) {
  return HWY_DYNAMIC_DISPATCH(NarrowFloat)(task, accumulation);
}

}  // namespace tristab
#endif  // HWY_ONCE
