// Products of integer codes (quantise.h, accumulate_coded_product).
#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>
#include <vector>

#include "tristab/arithmetic/code_product.h"
#include "tristab/arithmetic/diagonal_terms.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/quantise.h"
#include "tristab/arithmetic/quantise_kernels.h"

namespace tristab {
namespace {

std::size_t size_of(int rows, int columns) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
}

// One operand as whole numbers, with its scales and its diagonal.
struct CodedOperand {
  int rows = 0, columns = 0;
  std::vector<float> codes;   // rows x columns
  std::vector<float> scales;  // left: rows x blocks of k; right: blocks of k x columns
  OuterDiagonal diagonal;     // the part outside the quantiser
  std::int64_t saturations = 0;
  // Values that are codes of a tensor already: no codes are made, the elements times 1 / scale are near enough.
  FloatRows<const float> elements;
  bool has_codes = true;
  std::vector<float> row;  // scratch
  std::vector<double> inverses;
  std::vector<std::uint32_t> largest;

  template <class Carrier>
  void start(const CodedBlock<Carrier>& block, const Quantiser& quantiser, std::size_t scale_count) {
    rows = block.rows;
    columns = block.columns;
    codes.resize(size_of(rows, columns));
    scales.resize(scale_count);
    row.resize(static_cast<std::size_t>(columns));
    saturations = 0;
    has_codes = true;
    diagonal.offset = block.diagonal;
    diagonal.elements.assign(static_cast<std::size_t>(rows), 0.0F);
    for (int i = 0; i < rows; ++i) {
      const int outside = block.outside(quantiser, i);
      if (outside >= 0)
        diagonal.elements[static_cast<std::size_t>(i)] = static_cast<float>(block.elements[i * block.stride + outside]);
    }
  }
  float* code_row(int i) { return codes.data() + static_cast<std::ptrdiff_t>(i) * columns; }
  const float* code_row(int i) const { return codes.data() + static_cast<std::ptrdiff_t>(i) * columns; }

  // Rows begin to end - 1, or columns begin to end - 1, as numbers that times the factor are codes.
  FloatRows<const float> rows_of_codes(int begin, int end) const {
    if (!has_codes) return elements;  // all of them: a tensor has one block
    return {codes.data() + static_cast<std::ptrdiff_t>(begin) * columns, columns, end - begin, columns};
  }
  FloatRows<const float> columns_of_codes(int begin, int end) const {
    if (!has_codes) return elements;
    return {codes.data() + begin, columns, rows, end - begin};
  }
  float factor() const { return has_codes ? 1.0F : 1 / scales.front(); }
};

float scale_of_bits(std::uint32_t largest, const Quantiser& quantiser) {
  return quantiser_scale(static_cast<double>(std::bit_cast<float>(largest)), quantiser);
}

double inverse_of(float scale) { return 1 / static_cast<double>(scale); }

template <class Carrier>
float tensor_scale(const CodedBlock<Carrier>& block, const Quantiser& quantiser) {
  if (block.scale != 0) return static_cast<float>(block.scale);
  return quantiser_scale(quantised_magnitude(block, quantiser), quantiser);
}

template <class Carrier>
void encode_by_tensor(const CodedBlock<Carrier>& block, const Quantiser& quantiser, CodedOperand& operand) {
  const float scale = tensor_scale(block, quantiser);
  std::fill(operand.scales.begin(), operand.scales.end(), scale);
  if constexpr (std::is_same_v<Carrier, float>) {
    const bool in_range = scale > 0x1p-100F && scale < 0x1p100F;
    // Another stage may have left the identity outside; and -qmax - 1 has no negative.
    const bool safe = quantiser.identity_outside && !quantiser.full_range;
    if (block.holds_codes && in_range && safe && quantiser.bits <= 8 && has_code_sums()) {
      operand.elements = block.float_rows(quantiser);
      operand.has_codes = false;
      return;
    }
    operand.saturations += encode_rows(block.float_rows(quantiser), scale, code_range(quantiser), operand.codes.data());
  } else {
    for (int i = 0; i < block.rows; ++i)
      operand.saturations += encode_row(quantised_row(block, quantiser, i, operand.row.data()), inverse_of(scale),
                                        code_range(quantiser), operand.code_row(i), block.columns);
  }
}

// Blocks of k have `length` elements; the last one may be shorter.
template <class Carrier>
void encode_left(const CodedBlock<Carrier>& block, const Quantiser& quantiser, int length, CodedOperand& operand) {
  const int blocks = (block.columns + length - 1) / length;
  operand.start(block, quantiser, size_of(block.rows, blocks));
  if (quantiser.scale == Quantiser::Scale::tensor) return encode_by_tensor(block, quantiser, operand);
  float* scale = operand.scales.data();
  for (int i = 0; i < block.rows; ++i) {
    const float* x = quantised_row(block, quantiser, i, operand.row.data());
    float* codes = operand.code_row(i);
    for (int begin = 0; begin < block.columns; begin += length, ++scale) {
      const int count = std::min(length, block.columns - begin);
      *scale = scale_of_bits(largest_magnitude_bits(x + begin, count), quantiser);
      operand.saturations += encode_row(x + begin, inverse_of(*scale), code_range(quantiser), codes + begin, count);
    }
  }
}

template <class Carrier>
void encode_right(const CodedBlock<Carrier>& block, const Quantiser& quantiser, int length, CodedOperand& operand) {
  const int blocks = (block.rows + length - 1) / length, columns = block.columns;
  operand.start(block, quantiser, size_of(blocks, columns));
  const auto row = [&](int k) { return quantised_row(block, quantiser, k, operand.row.data()); };
  if (quantiser.scale == Quantiser::Scale::tensor) return encode_by_tensor(block, quantiser, operand);
  operand.inverses.resize(static_cast<std::size_t>(columns));
  float* scales = operand.scales.data();
  for (int begin = 0; begin < block.rows; begin += length, scales += columns) {
    const int end = std::min(begin + length, block.rows);
    operand.largest.assign(static_cast<std::size_t>(columns), 0);
    for (int k = begin; k < end; ++k) raise_magnitude_bits(operand.largest.data(), row(k), columns);
    for (int j = 0; j < columns; ++j) {
      const auto at = static_cast<std::size_t>(j);
      scales[j] = scale_of_bits(operand.largest[at], quantiser);
      operand.inverses[at] = inverse_of(scales[j]);
    }
    for (int k = begin; k < end; ++k)
      operand.saturations +=
          encode_row(row(k), operand.inverses.data(), code_range(quantiser), operand.code_row(k), columns);
  }
}

// Writes the sums of codes over k in [begin, end), each rounded once to fp32, to `sums` (rows x columns).
class CodeSums {
 public:
  CodeSums(const CodedOperand& a, const CodedOperand& b, const Quantiser& quantiser)
      : a_(a), b_(b), quantiser_(quantiser) {}

  void sum(int begin, int end, float* sums) {
    const double code = -quantiser_.smallest_code();
    const double bound = code * code * (end - begin);
    if (quantiser_.bits <= 8 && bound <= 0x1p31 - 1) {
      if (sum_codes({a_.columns_of_codes(begin, end), a_.factor(), b_.rows_of_codes(begin, end), b_.factor(), sums}))
        return;
    }
    const std::size_t count = size_of(a_.rows, b_.columns);
    std::fill_n(sums, count, 0.0F);
    // If no sum can leave the accumulator or the carrier's exact range, native sums are exact in any order.
    const bool fits = quantiser_.accumulator_bits == 64 || bound <= 0x1p31 - 1;
    if (fits && bound <= 0x1p24) {
      native_sum(a_.codes.data(), b_.codes.data(), begin, end, fp32_format(), sums);
    } else if (fits && bound <= 0x1p53) {
      if (wide_a_.empty()) {  // once for all blocks of k
        wide_a_.assign(a_.codes.begin(), a_.codes.end());
        wide_b_.assign(b_.codes.begin(), b_.codes.end());
      }
      wide_sums_.assign(count, 0.0);
      native_sum(wide_a_.data(), wide_b_.data(), begin, end, fp64_format(), wide_sums_.data());
      std::transform(wide_sums_.begin(), wide_sums_.end(), sums, [](double x) { return static_cast<float>(x); });
    } else {
      integer_sum(begin, end, sums);
    }
  }

  // Counts the elements that overflowed in at least one block of k, each once.
  void count_overflows(int live_block, QuantiserCounts& counts) const {
    if (quantiser_.accumulator_bits != 32) return;
    for (std::size_t at = 0; at < wrapped_.size(); ++at) {
      if (wrapped_[at] == 0) continue;
      const int i = static_cast<int>(at) / b_.columns, j = static_cast<int>(at) % b_.columns;
      ++(live_block == 0 || i / live_block == j / live_block ? counts.overflows_live : counts.overflows_dead);
    }
  }

 private:
  template <class Code>
  void native_sum(const Code* a, const Code* b, int begin, int end, const Format& format, Code* sums) const {
    ProductTask<Code> task;
    task.rows = a_.rows;
    task.inner = end - begin;
    task.columns = b_.columns;
    task.a = a + begin;
    task.a_stride = a_.columns;
    task.b = b + static_cast<std::ptrdiff_t>(begin) * b_.columns;
    task.b_stride = b_.columns;
    task.accumulator = sums;
    task.accumulator_stride = b_.columns;
    task.operand_precision = quantiser_.bits;
    task.operand_min_exponent = 0;
    task.operand_max_exponent = quantiser_.bits;
    task.finite = task.skip_zeros = true;
    accumulate_product(task, {format, Rounding::nearest_even, false});
  }

  // Sums in 64 bits: sums of 16-bit codes with fewer than 2^33 terms stay inside. Checks after every addition whether a
  // 32-bit accumulator would have wrapped around. Wrapping around once at the end gives the same value.
  void integer_sum(int begin, int end, float* sums) {
    const auto columns = static_cast<std::size_t>(b_.columns);
    const auto widen = [](float code) { return static_cast<std::int32_t>(code); };
    if (integers_.empty()) {
      integers_.resize(b_.codes.size());
      std::transform(b_.codes.begin(), b_.codes.end(), integers_.begin(), widen);
    }
    const bool narrow = quantiser_.accumulator_bits == 32;
    wrapped_.resize(size_of(a_.rows, b_.columns), 0);
    for (int i = 0; i < a_.rows; ++i) {
      row_sums_.assign(columns, 0);
      std::int64_t* wrapped = wrapped_.data() + static_cast<std::ptrdiff_t>(i) * b_.columns;
      for (int k = begin; k < end; ++k) {
        const std::int64_t left = widen(a_.code_row(i)[k]);
        const std::int32_t* right = integers_.data() + static_cast<std::ptrdiff_t>(k) * b_.columns;
        for (std::size_t j = 0; j < columns; ++j) {
          row_sums_[j] += left * right[j];
          wrapped[j] |= static_cast<std::int64_t>(row_sums_[j] != static_cast<std::int32_t>(row_sums_[j]));
        }
      }
      float* to = sums + static_cast<std::ptrdiff_t>(i) * b_.columns;
      for (std::size_t j = 0; j < columns; ++j) {
        to[j] = narrow ? static_cast<float>(static_cast<std::int32_t>(row_sums_[j])) : static_cast<float>(row_sums_[j]);
      }
    }
  }

  const CodedOperand& a_;
  const CodedOperand& b_;
  const Quantiser& quantiser_;
  std::vector<double> wide_a_, wide_b_, wide_sums_;
  std::vector<std::int32_t> integers_;
  std::vector<std::int64_t> row_sums_;
  std::vector<std::int64_t> wrapped_;  // by element: not zero if a sum left 32 bits
};

// c := fl(c + fl(fl(s_A s_B) sum)) for the block of k with this index.
template <class Carrier>
void add_dequantised(Carrier* accumulator, std::ptrdiff_t stride, const CodedOperand& a, const CodedOperand& b,
                     const std::vector<float>& sums, int block, int blocks) {
  const float* column_scales = b.scales.data() + static_cast<std::ptrdiff_t>(block) * b.columns;
  for (int i = 0; i < a.rows; ++i) {
    Carrier* c = accumulator + i * stride;
    const float* sum = sums.data() + static_cast<std::ptrdiff_t>(i) * b.columns;
    const float row_scale = a.scales[size_of(i, blocks) + static_cast<std::size_t>(block)];
    if constexpr (std::is_same_v<Carrier, float>) {
      add_dequantised_row(c, row_scale, column_scales, sum, b.columns);
    } else {
      for (int j = 0; j < b.columns; ++j) c[j] = static_cast<float>(c[j]) + (row_scale * column_scales[j]) * sum[j];
    }
  }
}

// Row i with 0 for the element that is left out.
const float* copied_row(const FloatRows<const float>& x, int i, float* copy) {
  if (x.left_out(i) < 0) return x.row(i);
  std::copy(x.row(i), x.row(i) + x.columns, copy);
  copy[x.left_out(i)] = 0;
  return copy;
}

}  // namespace

template <class Carrier>
QuantiserCounts accumulate_coded_product(Carrier* accumulator, std::ptrdiff_t stride, const CodedBlock<Carrier>& a,
                                         const CodedBlock<Carrier>& b, const Quantiser& quantiser, int live_block,
                                         bool from_zero) {
  thread_local CodedOperand left, right;
  thread_local std::vector<float> sums, left_values, right_values;
  const int inner = a.columns, columns = b.columns;
  const int length = quantiser.scale == Quantiser::Scale::block ? std::min(quantiser.block_size, inner) : inner;
  const int blocks = (inner + length - 1) / length;
  encode_left(a, quantiser, length, left);
  encode_right(b, quantiser, length, right);

  QuantiserCounts counts;
  counts.saturations = left.saturations + right.saturations;
  CodeSums code_sums(left, right, quantiser);
  if constexpr (std::is_same_v<Carrier, float>) {
    // Square tensors that are codes already, with their main diagonals outside; that of B is whole.
    if (!left.has_codes && !right.has_codes && quantiser.identity_outside && right.diagonal.offset == 0 &&
        inner == columns) {
      float* to = accumulator;
      if (!from_zero || stride != columns) {
        sums.resize(size_of(a.rows, columns));
        to = sums.data();
      }
      code_sums.sum(0, inner, to);
      add_coded_terms({accumulator, stride, from_zero, to, left.scales.front() * right.scales.front(), left.elements,
                       right.elements, left.diagonal.elements.data(), right.diagonal.elements.data()});
      return counts;
    }
  }
  if (from_zero) {
    for (int i = 0; i < a.rows; ++i) std::fill_n(accumulator + i * stride, columns, Carrier{0});
  }
  sums.resize(size_of(a.rows, columns));
  for (int block = 0; block < blocks; ++block) {
    code_sums.sum(block * length, std::min((block + 1) * length, inner), sums.data());
    add_dequantised(accumulator, stride, left, right, sums, block, blocks);
  }
  code_sums.count_overflows(live_block, counts);
  if (!quantiser.identity_outside) return counts;

  left_values.resize(static_cast<std::size_t>(inner));
  right_values.resize(static_cast<std::size_t>(columns));
  const auto left_row = [&](int i) {
    if (!left.has_codes) return copied_row(left.elements, i, left_values.data());
    const float* scales = left.scales.data() + static_cast<std::ptrdiff_t>(i) * blocks;
    for (int block = 0; block < blocks; ++block) {
      const int begin = block * length, count = std::min(length, inner - begin);
      scale_row(left.code_row(i) + begin, scales[block], left_values.data() + begin, count);
    }
    return static_cast<const float*>(left_values.data());
  };
  const auto right_row = [&](int k) {
    if (!right.has_codes) return copied_row(right.elements, k, right_values.data());
    const float* scales = right.scales.data() + static_cast<std::ptrdiff_t>(k / length) * columns;
    scale_row(right.code_row(k), scales, right_values.data(), columns);
    return static_cast<const float*>(right_values.data());
  };
  add_diagonal_terms(accumulator, stride, columns, left.diagonal, right.diagonal, left_row, right_row, fp32_format(),
                     Rounding::nearest_even);
  return counts;
}

template QuantiserCounts accumulate_coded_product(float*, std::ptrdiff_t, const CodedBlock<float>&,
                                                  const CodedBlock<float>&, const Quantiser&, int, bool);
template QuantiserCounts accumulate_coded_product(double*, std::ptrdiff_t, const CodedBlock<double>&,
                                                  const CodedBlock<double>&, const Quantiser&, int, bool);

}  // namespace tristab
