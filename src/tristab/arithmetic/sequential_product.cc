// Products whose sums run along k one element at a time. Tiles of rows x vectors of columns stay in registers while k
// runs.
#include <algorithm>
#include <vector>

#include "tristab/arithmetic/product_kernels.h"

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/sequential_product.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "tristab/arithmetic/product_support-inl.h"
#include "tristab/arithmetic/step-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

// Loads carriers as lanes of the step's type and stores them back (exactly: results fit the carrier).
template <class D, class T>
HWY_INLINE hn::Vec<D> load(D d, const T* from) {
  if constexpr (sizeof(T) == sizeof(hn::TFromD<D>)) {
    return hn::LoadU(d, from);
  } else {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<T, D>(), from));
  }
}
template <class D, class T>
HWY_INLINE void store(D d, hn::Vec<D> x, T* to) {
  if constexpr (sizeof(T) == sizeof(hn::TFromD<D>)) {
    hn::StoreU(x, d, to);
  } else {
    const hn::Rebind<T, D> dn;
    hn::StoreU(narrowed(dn, x), dn, to);
  }
}

// The same for sums and right operands, which some steps hold multiplied by a power of two (exactly).
template <class D, class T, class Step>
HWY_INLINE hn::Vec<D> load_scaled(D d, const T* from, const Step& step) {
  if constexpr (kIsScaled<Step>) {
    return hn::Mul(load(d, from), hn::Set(d, step.scaling.scale));
  } else {
    return load(d, from);
  }
}
template <class D, class T, class Step>
HWY_INLINE void store_unscaled(D d, hn::Vec<D> x, T* to, const Step& step) {
  if constexpr (kIsScaled<Step>) {
    store(d, hn::Mul(x, hn::Set(d, step.scaling.unscale)), to);
  } else {
    store(d, x, to);
  }
}

template <class D>
HWY_INLINE bool holds_negative_zero(D d, hn::Vec<D> x) {
  const hn::RebindToUnsigned<D> du;
  return !hn::AllFalse(du, hn::Eq(hn::BitCast(du, x), hn::BitCast(du, hn::SignBit(d))));
}

// Computes elements (row + r, column + lane) for r < kTileRows over kVectors vectors, with k in [range.begin,
// range.end). Returns whether any result is -0 (see restore_signs_of_zeros).
template <int kTileRows, int kVectors, class D, class T, class Step>
HWY_INLINE bool tile(D d, const ProductTask<T>& task, const Step& step, int row, int column, Range range) {
  using V = hn::Vec<D>;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  V sums[kTileRows][kVectors];
  for (int r = 0; r < kTileRows; ++r) {
    for (int v = 0; v < kVectors; ++v)
      sums[r][v] =
          task.from_zero
              ? hn::Zero(d)
              : load_scaled(d, task.accumulator + (row + r) * task.accumulator_stride + column + v * kLanes, step);
  }
  const T* a = task.a + row * task.a_stride;
  const T* b = task.b + range.begin * task.b_stride + column;
  for (int k = range.begin; k < range.end; ++k, b += task.b_stride) {
    V right[kVectors];
    for (int v = 0; v < kVectors; ++v) right[v] = load_scaled(d, b + v * kLanes, step);
    for (int r = 0; r < kTileRows; ++r) {
      const V left = hn::Set(d, static_cast<hn::TFromD<D>>(a[r * task.a_stride + k]));
      for (int v = 0; v < kVectors; ++v) sums[r][v] = step(d, sums[r][v], left, right[v]);
    }
  }
  bool negative_zero = false;
  for (int r = 0; r < kTileRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      store_unscaled(d, sums[r][v], task.accumulator + (row + r) * task.accumulator_stride + column + v * kLanes, step);
      if (Step::kFused && task.skip_zeros) negative_zero |= holds_negative_zero(d, sums[r][v]);
    }
  }
  return negative_zero;
}

// A fused multiply-add that underflows can leave -0. A later product +0 would have turned it into +0 if it had not been
// left out, so this looks through the left-out products, last to first.
template <class T>
HWY_NOINLINE void restore_signs_of_zeros(const ProductTask<T>& task, int row, int column, int columns) {
  const T* a = task.a + row * task.a_stride;
  T* sums = task.accumulator + row * task.accumulator_stride;
  for (int j = column; j < column + columns; ++j) {
    if (sums[j] != 0 || !std::signbit(sums[j])) continue;
    for (int k = task.inner - 1; k >= 0; --k) {
      const T b = task.b[k * task.b_stride + j];
      if (a[k] != 0 && b != 0) break;
      if (std::signbit(a[k]) == std::signbit(b)) {
        sums[j] = 0;
        break;
      }
    }
  }
}

// The columns [column, column + width) of the product; width = kVectors vectors.
template <int kVectors, class D, class T, class Step>
HWY_NOINLINE void column_tiles(D d, const ProductTask<T>& task, const Step& step_in, const ZeroStructure<T>& zeros,
                               int column) {
  const Step step = step_in;  // a copy whose address nothing else knows stays in registers
  constexpr int kTileRows = 4;
  constexpr int kWidth = kVectors * static_cast<int>(hn::MaxLanes(D()));
  const Range rows_of_b = zeros.rows_of_b(column, kWidth);
  int row = 0;
  const auto finish = [&](bool negative_zero, int rows) {
    if (!Step::kFused || !task.skip_zeros || !negative_zero) return;
    for (int r = row; r < row + rows; ++r) restore_signs_of_zeros(task, r, column, kWidth);
  };
  for (; row + kTileRows <= task.rows; row += kTileRows) {
    const Range range = zeros.columns_of_a(row, kTileRows).common(rows_of_b);
    finish(tile<kTileRows, kVectors>(d, task, step, row, column, range), kTileRows);
  }
  for (; row < task.rows; ++row) {
    const Range range = zeros.columns_of_a(row, 1).common(rows_of_b);
    finish(tile<1, kVectors>(d, task, step, row, column, range), 1);
  }
}

template <class D, class T, class Step>
HWY_INLINE void product_tiles(D d, const ProductTask<T>& task, const Step& step) {
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  // Enough independent sums to hide the latency of a step, but few enough to fit into the registers.
  constexpr int kVectors = kStaticRounding ? 4 : 2;
  const ZeroStructure<T> zeros(task);
  int column = 0;
  for (; column + kVectors * kLanes <= task.columns; column += kVectors * kLanes)
    column_tiles<kVectors>(d, task, step, zeros, column);
  for (; column + kLanes <= task.columns; column += kLanes) column_tiles<1>(d, task, step, zeros, column);
  if (column == task.columns) return;
  // The last columns, fewer than a vector, are processed on a copy padded with zeros, so that nothing beyond a row is
  // touched.
  with_padded_columns(task, column, kLanes, [&](const ProductTask<T>& padded) {
    const ZeroStructure<T> all(padded);
    column_tiles<1>(d, padded, step, all, 0);
  });
}

template <class T>
HWY_INLINE void product_any(const ProductTask<T>& task, const Accumulation& accumulation) {
  ProductFacts facts;
  facts.finite = task.finite;
  facts.operand_precision = task.operand_precision;
  facts.operand_lsb = task.operand_min_exponent - task.operand_precision + 1;
  facts.directed = true;
  facts.exact_in_double = exact_in_double(task);
  facts.exact_in_float =
      sizeof(T) == sizeof(float) && needs_exact_floats(accumulation, kStaticRounding) && exact_in_float(task);
  with_step<T>(accumulation, facts, [&](auto d, const auto& step) {
    in_mode_of<std::decay_t<decltype(step)>>([&] { product_tiles(d, task, step); });
  });
}

// Plain functions, which the dispatch tables can hold.
void SequentialFloat(const ProductTask<float>& task, const Accumulation& accumulation) {
  product_any(task, accumulation);
}
void SequentialDouble(const ProductTask<double>& task, const Accumulation& accumulation) {
  product_any(task, accumulation);
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(SequentialFloat);
HWY_EXPORT(SequentialDouble);

void sequential_product(const ProductTask<float>& task, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(SequentialFloat)(task, accumulation);
}
void sequential_product(const ProductTask<double>& task, const Accumulation& accumulation) {
  HWY_DYNAMIC_DISPATCH(SequentialDouble)(task, accumulation);
}

}  // namespace tristab
#endif  // HWY_ONCE
