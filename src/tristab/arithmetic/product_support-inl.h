// What every product kernel needs: where its operands have zeros, whether its products are exact, and how to handle a
// last vector of columns that is not full. Included once per SIMD level.
#if defined(TRISTAB_ARITHMETIC_PRODUCT_SUPPORT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TRISTAB_ARITHMETIC_PRODUCT_SUPPORT_INL_H
#undef TRISTAB_ARITHMETIC_PRODUCT_SUPPORT_INL_H
#else
#define TRISTAB_ARITHMETIC_PRODUCT_SUPPORT_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tristab/arithmetic/product_kernels.h"
#include "tristab/format/first_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Values of k with begin <= k < end; empty if begin >= end.
struct Range {
  int begin, end;
  Range common(const Range& other) const { return {std::max(begin, other.begin), std::min(end, other.end)}; }
  // Widened so that both ends are multiples of `group` (or the end of the sum).
  Range aligned(int group, int inner) const {
    if (begin >= end) return {0, 0};
    return {begin / group * group, std::min((end + group - 1) / group * group, inner)};
  }
};

template <class T>
HWY_INLINE bool all_zero(const T* x, int count) {
  const hn::ScalableTag<T> d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    if (!hn::AllTrue(d, hn::Eq(hn::LoadU(d, x + i), hn::Zero(d)))) return false;
  }
  for (; i < count; ++i) {
    if (x[i] != 0) return false;
  }
  return true;
}

// Bit `lane` says that x[lane] is not zero; `count` elements, at most a vector.
template <class T>
HWY_INLINE std::uint32_t nonzero_bits(const T* x, int count) {
  const hn::ScalableTag<T> d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<T>()));
  const auto lanes = count >= kLanes ? hn::LoadU(d, x) : first_lanes(d, x, count);
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, hn::Not(hn::Eq(lanes, hn::Zero(d))), bytes);
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8;
}

// For tasks that may skip zero products: the smallest range of k outside of which every product of a tile has a zero
// factor (triangles, bands and block diagonals have such ranges). For other tasks: all k.
template <class T>
class ZeroStructure {
 public:
  explicit ZeroStructure(const ProductTask<T>& task) : task_(task) {
    if (!task.skip_zeros) return;
    constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<T>()));
    rows_of_a().resize(static_cast<std::size_t>(task.rows));
    for (int i = 0; i < task.rows; ++i) {
      const T* row = task.a + i * task.a_stride;
      Range range{task.inner, 0};
      for (int k = 0; k < task.inner; k += kLanes) {
        const std::uint32_t bits = nonzero_bits(row + k, task.inner - k);
        if (bits == 0) continue;
        if (range.end == 0) range.begin = k + std::countr_zero(bits);
        range.end = k + static_cast<int>(std::bit_width(bits));
      }
      rows_of_a()[static_cast<std::size_t>(i)] = range;
    }
  }

  // Columns of a in rows [row, row + count).
  Range columns_of_a(int row, int count) const {
    if (!task_.skip_zeros) return {0, task_.inner};
    Range range{task_.inner, 0};
    for (int i = row; i < row + count; ++i) {
      const Range& of_row = rows_of_a()[static_cast<std::size_t>(i)];
      range = {std::min(range.begin, of_row.begin), std::max(range.end, of_row.end)};
    }
    return range;
  }

  // Rows of b in columns [column, column + count).
  Range rows_of_b(int column, int count) const {
    int begin = 0, end = task_.inner;
    if (!task_.skip_zeros) return {begin, end};
    while (end > begin && all_zero(task_.b + (end - 1) * task_.b_stride + column, count)) --end;
    while (begin < end && all_zero(task_.b + begin * task_.b_stride + column, count)) ++begin;
    return {begin, end};
  }

 private:
  // By row of a: the elements that are not zero lie in this range. Only the latest structure of a thread is in use.
  static std::vector<Range>& rows_of_a() {
    thread_local std::vector<Range> ranges;
    return ranges;
  }
  const ProductTask<T>& task_;
};

// Runs action on the columns from `column` on, as a separate task that is padded with zero columns to one vector of
// `lanes`.
template <class T, class Action>
HWY_INLINE void with_padded_columns(const ProductTask<T>& task, int column, int lanes, const Action& action) {
  const int count = task.columns - column;
  thread_local std::vector<T> b, sums;
  b.assign(static_cast<std::size_t>(task.inner) * static_cast<std::size_t>(lanes), T{0});
  sums.assign(static_cast<std::size_t>(task.rows) * static_cast<std::size_t>(lanes), T{0});
  for (int k = 0; k < task.inner; ++k) {
    std::copy_n(task.b + k * task.b_stride + column, count, b.data() + static_cast<std::ptrdiff_t>(k) * lanes);
  }
  for (int i = 0; i < task.rows && !task.from_zero; ++i) {
    std::copy_n(task.accumulator + i * task.accumulator_stride + column, count,
                sums.data() + static_cast<std::ptrdiff_t>(i) * lanes);
  }
  ProductTask<T> padded = task;
  padded.columns = lanes;
  padded.b = b.data();
  padded.b_stride = lanes;
  padded.accumulator = sums.data();
  padded.accumulator_stride = lanes;
  action(padded);
  for (int i = 0; i < task.rows; ++i) {
    std::copy_n(sums.data() + static_cast<std::ptrdiff_t>(i) * lanes, count,
                task.accumulator + i * task.accumulator_stride + column);
  }
}

// Whether the choice of the fastest step depends on exact_in_float().
inline bool needs_exact_floats(const Accumulation& accumulation, bool static_rounding) {
  if (accumulation.rounding != Rounding::nearest_even) return false;
  const bool native = accumulation.format == fp32_format();
  return native ? !accumulation.fma : !(accumulation.fma && static_rounding);
}

// Whether every product of two operands is a double: enough bits, and no underflow or overflow.
template <class T>
bool exact_in_double(const ProductTask<T>& task) {
  const int smallest = task.operand_min_exponent - task.operand_precision + 1;
  return task.operand_precision <= 26 && 2 * smallest >= -1074 && 2 * task.operand_max_exponent + 2 <= 1023;
}

// The exponents of the smallest and the largest non-zero magnitude of a float matrix; subnormals count as -149.
struct Exponents {
  int smallest, largest;
};

// Collects these exponents from vectors.
class MagnitudeScan {
 public:
  HWY_INLINE MagnitudeScan() : low_(hn::Set(Lanes(), kNothing)), high_(hn::Zero(Lanes())) {}

  HWY_INLINE void see(hn::Vec<hn::ScalableTag<float>> x) {
    const auto bits = hn::BitCast(Lanes(), hn::Abs(x));
    high_ = hn::Max(high_, bits);
    low_ = hn::Min(low_, hn::Sub(bits, hn::Set(Lanes(), 1)));
  }
  HWY_INLINE void join(const MagnitudeScan& other) {
    high_ = hn::Max(high_, other.high_);
    low_ = hn::Min(low_, other.low_);
  }
  HWY_INLINE Exponents exponents() const {
    const std::uint32_t smallest = hn::GetLane(hn::MinOfLanes(Lanes(), low_));
    const std::uint32_t largest = hn::GetLane(hn::MaxOfLanes(Lanes(), high_));
    const auto exponent = [](std::uint32_t bits) {
      return bits < 0x00800000U ? -149 : static_cast<int>(bits >> 23) - 127;
    };
    if (smallest == kNothing) return {0, 0};  // nothing but zeros: every product is exact
    return {exponent(smallest + 1), exponent(largest)};
  }

 private:
  // low_ is the minimum of bits - 1 as unsigned integers. A zero wraps around to the largest value, so the minimum
  // comes from the smallest non-zero magnitude.
  static constexpr std::uint32_t kNothing = 0xffffffffU;
  using Lanes = hn::ScalableTag<std::uint32_t>;
  hn::Vec<Lanes> low_, high_;
};

HWY_INLINE Exponents exponents_of(const float* x, std::ptrdiff_t stride, int rows, int columns) {
  const hn::ScalableTag<float> d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
  MagnitudeScan scan, scan_too;  // two chains
  if (stride == columns) {       // rows without gaps are one long row
    columns *= rows;
    rows = 1;
  }
  for (int i = 0; i < rows; ++i) {
    const float* row = x + i * stride;
    int j = 0;
    for (; j + 2 * kLanes <= columns; j += 2 * kLanes) {
      scan.see(hn::LoadU(d, row + j));
      scan_too.see(hn::LoadU(d, row + j + kLanes));
    }
    for (; j + kLanes <= columns; j += kLanes) scan.see(hn::LoadU(d, row + j));
    if (j == columns) continue;
    alignas(64) float last[kLanes] = {};
    std::copy(row + j, row + columns, last);
    scan.see(hn::Load(d, last));
  }
  scan.join(scan_too);
  return scan.exponents();
}

// Whether every product of operands with these exponents and `precision` bits is a float.
inline bool products_are_floats(const Exponents& a, const Exponents& b, int precision) {
  return a.smallest + b.smallest - 2 * (precision - 1) >= -149 && a.largest + b.largest + 2 <= 127;
}

// The same for all operands of the format (true for fp16).
template <class T>
bool products_are_always_floats(const ProductTask<T>& task) {
  const int below = task.operand_precision - 1;
  return task.operand_precision <= 12 && 2 * (task.operand_min_exponent - below) >= -149 &&
         2 * task.operand_max_exponent + 2 <= 127;
}

// Whether every product of two operands is a float. Known from the format (fp16), or found from the operands (bf16).
template <class T>
bool exact_in_float(const ProductTask<T>& task) {
  if constexpr (sizeof(T) != sizeof(float)) {
    return false;
  } else {
    if (task.operand_precision > 12) return false;
    if (products_are_always_floats(task)) return true;
    const Exponents a = exponents_of(task.a, task.a_stride, task.rows, task.inner);
    const Exponents b = exponents_of(task.b, task.b_stride, task.inner, task.columns);
    return products_are_floats(a, b, task.operand_precision);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#endif
