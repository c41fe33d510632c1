#include "tristab/arithmetic/code_product.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>
#include <vector>

// Compiles everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE once for each SIMD level.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tristab/arithmetic/code_product.cc"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#ifndef TRISTAB_ARITHMETIC_CODE_PRODUCT_SHARED
#define TRISTAB_ARITHMETIC_CODE_PRODUCT_SHARED
namespace tristab {

// Groups of codes along k that hold all codes of a row, or of some columns, which are not zero.
struct GroupRange {
  int begin = std::numeric_limits<int>::max(), end = 0;
  void join(int first, int last) {
    begin = std::min(begin, first);
    end = std::max(end, last);
  }
};

}  // namespace tristab
#endif

#undef TRISTAB_INLINED
#define TRISTAB_INLINED __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace tristab {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<float>()));
constexpr int kTileRows = 4, kTileVectors = HWY_TARGET == HWY_AVX2 ? 2 : 4;

// A code plus 3 2^22, as fp32 holds it, is a word whose last 22 bits are the code's.
constexpr float kShift = 0x1.8p23F;
constexpr auto kShiftWord = std::bit_cast<std::int32_t>(kShift);

// The codes of row i from column j on as such words, and those of zeros behind the last. What is left out still counts.
HWY_INLINE hn::Vec<hn::ScalableTag<std::int32_t>> code_words(const FloatRows<const float>& x, float factor, int i,
                                                             int j) {
  const hn::ScalableTag<float> d;
  const int count = x.columns - j;
  const float* from = x.row(i) + j;
  const auto values =
      count >= kLanes ? hn::LoadU(d, from) : hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
  return hn::BitCast(hn::ScalableTag<std::int32_t>(), hn::MulAdd(values, hn::Set(d, factor), hn::Set(d, kShift)));
}

// The rows of A as integers of type T, kGroup to a word, with zeros up to `stride` codes.
template <class T, int kGroup>
void pack_left(const CodeTask& task, std::ptrdiff_t stride, T* packed, GroupRange* ranges) {
  const FloatRows<const float> a = task.a;  // a copy whose address nothing else knows stays in registers
  const float factor = task.a_factor;
  const hn::ScalableTag<std::int32_t> di;
  const hn::Rebind<T, decltype(di)> dt;
  for (int i = 0; i < a.rows; ++i, packed += stride) {
    GroupRange range;
    int k = 0;
    for (; k < a.columns; k += kLanes) {
      const auto codes = hn::Sub(code_words(a, factor, i, k), hn::Set(di, kShiftWord));
      hn::StoreU(hn::DemoteTo(dt, codes), dt, packed + k);
      if (!hn::AllTrue(di, hn::Eq(codes, hn::Zero(di)))) range.join(k / kGroup, (k + kLanes) / kGroup);
    }
    if (k < stride) std::fill(packed + k, packed + stride, T{0});
    if (a.left_out(i) >= 0) packed[a.left_out(i)] = 0;
    ranges[i] = range;
  }
}

// Columns of B, kVectors vectors from `column` on: a word of each lane holds kGroup codes along k.
template <int kGroup, int kVectors>
GroupRange pack_right(const CodeTask& task, int column, std::int32_t* packed) {
  const FloatRows<const float> b = task.b;
  const float factor = task.b_factor;
  const hn::ScalableTag<std::int32_t> di;
  const auto mask = hn::Set(di, kGroup == 4 ? 0xff : 0xffff);
  GroupRange range;
  const int groups = (b.rows + kGroup - 1) / kGroup;
  for (int g = 0; g < groups; ++g) {
    auto any = hn::Zero(di);
    for (int v = 0; v < kVectors; ++v, packed += kLanes) {
      const auto code = [&](int t) TRISTAB_INLINED {
        const int k = g * kGroup + t;
        return k < b.rows ? code_words(b, factor, k, column + v * kLanes) : hn::Zero(di);
      };
      if constexpr (kGroup == 4) {
        const auto low = hn::Or(hn::And(code(0), mask), hn::ShiftLeft<8>(hn::And(code(1), mask)));
        const auto high = hn::Or(hn::ShiftLeft<16>(hn::And(code(2), mask)), hn::ShiftLeft<24>(code(3)));
        const auto word = hn::Or(low, high);
        any = hn::Or(any, word);
        hn::StoreU(hn::Xor(word, hn::Set(di, static_cast<std::int32_t>(0x80808080U))), di, packed);  // adds 128
      } else {
        const auto word = hn::Or(hn::And(code(0), mask), hn::ShiftLeft<16>(code(1)));
        any = hn::Or(any, word);
        hn::StoreU(word, di, packed);
      }
    }
    if (!hn::AllTrue(di, hn::Eq(any, hn::Zero(di)))) range.join(g, g + 1);
  }
  using Code = std::conditional_t<kGroup == 4, std::uint8_t, std::int16_t>;
  auto* codes = reinterpret_cast<Code*>(packed - static_cast<std::ptrdiff_t>(groups) * kVectors * kLanes);
  for (int k = 0; k < b.rows; ++k) {
    const int at = b.left_out(k) - column;
    if (b.left_out(k) >= 0 && at >= 0 && at < kVectors * kLanes)
      codes[(k / kGroup * kVectors * kLanes + at) * kGroup + k % kGroup] = kGroup == 4 ? 128 : 0;
  }
  return range;
}

// Pairs of products, added to 32-bit sums: exact but for two products of -2^15 with itself, which no 8 bits have.
template <int kRows, int kVectors>
void multiply_pairs(const std::int32_t* a, std::ptrdiff_t a_stride, const std::int32_t* b, GroupRange range,
                    float* sums, std::ptrdiff_t sums_stride, int columns) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<std::int32_t> di;
  const hn::ScalableTag<std::int16_t> pairs;
  hn::Vec<decltype(di)> tile[kRows][kVectors];
  for (auto& row : tile) {
    for (auto& sum : row) sum = hn::Zero(di);
  }
  b += static_cast<std::ptrdiff_t>(range.begin) * kVectors * kLanes;
  for (int g = range.begin; g < range.end; ++g, b += kVectors * kLanes) {
    hn::Vec<decltype(pairs)> right[kVectors];
    for (int v = 0; v < kVectors; ++v) right[v] = hn::BitCast(pairs, hn::LoadU(di, b + v * kLanes));
    for (int r = 0; r < kRows; ++r) {
      const auto left = hn::BitCast(pairs, hn::Set(di, a[r * a_stride + g]));
      auto unused = hn::Zero(di);
      for (int v = 0; v < kVectors; ++v)
        tile[r][v] = hn::ReorderWidenMulAccumulate(di, left, right[v], tile[r][v], unused);
    }
  }
#pragma GCC unroll 4  // or GCC 12 keeps the sums in memory
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      float* to = sums + r * sums_stride + v * kLanes;
      const int count = columns - v * kLanes;
      const auto result = hn::ConvertTo(d, tile[r][v]);
      if (count >= kLanes) {
        hn::StoreU(result, d, to);
      } else {
        hn::BlendedStore(result, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
      }
    }
  }
}

// T holds a code of A, kGroup of them make a word.
template <class T, int kGroup>
void sum_packed(const CodeTask& task) {
  const int row_count = task.a.rows, inner = task.a.columns, columns = task.b.columns;
  thread_local std::vector<std::int32_t> left, right;
  thread_local std::vector<GroupRange> rows;
  // The codes of a row fill whole vectors of words.
  const std::ptrdiff_t step = kGroup * kLanes, words = (inner + step - 1) / step * kLanes;
  left.resize(static_cast<std::size_t>(row_count * words));
  rows.resize(static_cast<std::size_t>(row_count));
  right.resize(static_cast<std::size_t>((inner + kGroup - 1) / kGroup * kTileVectors * kLanes));
  pack_left<T, kGroup>(task, words * kGroup, reinterpret_cast<T*>(left.data()), rows.data());
  const auto columns_from = [&](int column, auto vectors) {
    constexpr int kVectors = decltype(vectors)::value;
    const GroupRange of_b = pack_right<kGroup, kVectors>(task, column, right.data());
    const auto tile = [&](int i, auto tile_rows) {
      constexpr int kRows = decltype(tile_rows)::value;
      GroupRange range;
      for (int r = i; r < i + kRows; ++r) {
        const GroupRange& of_row = rows[static_cast<std::size_t>(r)];
        range.join(of_row.begin, of_row.end);
      }
      range = {std::max(range.begin, of_b.begin), std::min(range.end, of_b.end)};
      if (range.begin >= range.end) range = {0, 0};
      const std::int32_t* a = left.data() + i * words;
      float* sums = task.sums + static_cast<std::ptrdiff_t>(i) * columns + column;
      const int count = columns - column;
      if constexpr (kGroup == 4) {
        multiply_quads({a, words, right.data(), range.begin, range.end, sums, columns, kRows, kVectors,
                        count - (kVectors - 1) * kLanes});
      } else {
        multiply_pairs<kRows, kVectors>(a, words, right.data(), range, sums, columns, count);
      }
    };
    int i = 0;
    for (; i + kTileRows <= row_count; i += kTileRows) tile(i, std::integral_constant<int, kTileRows>());
    for (; i < row_count; ++i) tile(i, std::integral_constant<int, 1>());
  };
  int column = 0;
  for (; column + (kTileVectors - 1) * kLanes < columns; column += kTileVectors * kLanes)
    columns_from(column, std::integral_constant<int, kTileVectors>());
  for (; column < columns; column += kLanes) columns_from(column, std::integral_constant<int, 1>());
}

bool SumCodes(const CodeTask& task, bool quads) {
#if HWY_TARGET == HWY_AVX3
  if (quads) {
    sum_packed<std::int8_t, 4>(task);
    return true;
  }
#endif
  (void)quads;
  sum_packed<std::int16_t, 2>(task);
  return true;
}

#else

bool SumCodes(const CodeTask&, bool) { return false; }

#endif

bool HasCodeSums() { return HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3; }

}  // namespace HWY_NAMESPACE
}  // namespace tristab
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tristab {

HWY_EXPORT(HasCodeSums);
HWY_EXPORT(SumCodes);

bool has_code_sums() { return HWY_DYNAMIC_DISPATCH(HasCodeSums)(); }

bool sum_codes(const CodeTask& task, CodeInstructions instructions) {
  return HWY_DYNAMIC_DISPATCH(SumCodes)(task, instructions == CodeInstructions::best && has_quads());
}

}  // namespace tristab
#endif  // HWY_ONCE
