#include "tristab/arithmetic/block_scale.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "tristab/arithmetic/diagonal_terms.h"
#include "tristab/arithmetic/kernels.h"
#include "tristab/arithmetic/quantise_kernels.h"
#include "tristab/format/round.h"

namespace tristab {
namespace {

constexpr int kLargestSharedExponent = 127;  // E8M0: 2^-127 .. 2^127 and NaN
constexpr float kLargestE2m1 = 6, kLargestE4m3 = 448;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::size_t size_of(int rows, int columns) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
}

// q = element(x / divisor), stored as q * factor.
struct BlockScale {
  double divisor, factor;
};

BlockScale scale_of(std::uint32_t largest_bits, const Quantiser& quantiser, double tensor_scale) {
  const auto largest = static_cast<double>(std::bit_cast<float>(largest_bits));
  if (!(largest < kInfinity)) return {kInfinity, kNaN};
  if (quantiser.kind == Quantiser::Kind::microscaling) {
    const double scale = power_of_two(shared_exponent(largest, quantiser));
    return {scale, scale};
  }
  const auto block = static_cast<double>(nvfp4_block_scale(largest, static_cast<float>(tensor_scale)));
  // The product is exact in double. If s_b = 0, everything becomes zero.
  return {block == 0 ? kInfinity : block * tensor_scale, block};
}

// Converts the rows of a block one at a time, with the scales of their elements.
template <class Carrier>
class RowConverter {
 public:
  RowConverter(const CodedBlock<Carrier>& block, const Quantiser& quantiser, float* to)
      : block_(block),
        quantiser_(quantiser),
        to_(to),
        row_(static_cast<std::size_t>(block.columns)),
        divisors_(row_.size()),
        factors_(row_.size()),
        quotients_(row_.size()) {}

  const float* row(int i) { return quantised_row(block_, quantiser_, i, row_.data()); }

  void set_scales(int begin, int end, const BlockScale& scale) {
    std::fill(divisors_.begin() + begin, divisors_.begin() + end, scale.divisor);
    std::fill(factors_.begin() + begin, factors_.begin() + end, scale.factor);
  }

  void convert(int i) {
    const float* x = row(i);
    float* to = to_ + static_cast<std::ptrdiff_t>(i) * block_.columns;
    const std::size_t count = row_.size();
    // Double is precise enough: the quotient of an fp32 number and a number of 28 bits never lies so close to a tie
    // that rounding it to double could change the result.
    for (std::size_t j = 0; j < count; ++j) quotients_[j] = static_cast<double>(x[j]) / divisors_[j];
    round_row_counted(quotients_.data(), block_.columns, quantiser_.element, Rounding::nearest_even, statistics_);
    for (std::size_t j = 0; j < count; ++j) to[j] = static_cast<float>(quotients_[j] * factors_[j]);
  }

  std::int64_t saturations() const { return statistics_.overflows; }

 private:
  const CodedBlock<Carrier>& block_;
  const Quantiser& quantiser_;
  float* to_;
  std::vector<float> row_;
  std::vector<double> divisors_, factors_, quotients_;
  RowStatistics statistics_;
};

// One operand ready for the matrix unit.
template <class Carrier>
struct BlockScaledOperand {
  std::vector<float> elements;    // rows x columns
  std::vector<Carrier> carriers;  // the same, as the kernels take them
  OuterDiagonal diagonal;
  float tensor_scale = 1;
  bool finite = true;
  std::int64_t saturations = 0;

  void convert(const CodedBlock<Carrier>& given, Side side, const Quantiser& quantiser) {
    CodedBlock<Carrier> block = given;
    if (quantiser.kind == Quantiser::Kind::nvfp4) {
      if (block.scale == 0)
        block.scale = static_cast<double>(nvfp4_tensor_scale(quantised_magnitude(block, quantiser)));
      tensor_scale = static_cast<float>(block.scale);
    }
    elements.resize(size_of(block.rows, block.columns));
    saturations = convert_blocks(block, side, quantiser, elements.data());
    RowStatistics statistics;
    gather_statistics<float>(elements.data(), static_cast<int>(elements.size()), statistics);
    finite = statistics.nonfinite == 0;
    carriers.assign(elements.begin(), elements.end());
    diagonal.offset = block.diagonal;
    diagonal.elements.assign(static_cast<std::size_t>(block.rows), 0.0F);
    for (int i = 0; i < block.rows; ++i) {
      const int outside = block.outside(quantiser, i);
      if (outside >= 0)
        diagonal.elements[static_cast<std::size_t>(i)] = static_cast<float>(block.elements[i * block.stride + outside]);
    }
  }
};

template <class Carrier>
bool has_negative_zero(const Carrier* x, std::ptrdiff_t stride, int rows, int columns) {
  for (int i = 0; i < rows; ++i) {
    if (contains_negative_zero(x + i * stride, columns)) return true;
  }
  return false;
}

}  // namespace

int shared_exponent(double largest, const Quantiser& quantiser) {
  if (largest == 0) return -kLargestSharedExponent;
  const int floor = std::ilogb(largest), emax = quantiser.element.max_exponent;
  int exponent = floor - emax;
  if (quantiser.rule == Quantiser::Rule::ceil) exponent += largest > power_of_two(floor) ? 1 : 0;
  if (quantiser.rule == Quantiser::Rule::floor_plus_one) exponent += 1;
  if (quantiser.rule == Quantiser::Rule::power_of_two)
    exponent += largest > quantiser.element.largest() * power_of_two(exponent) ? 1 : 0;
  return std::clamp(exponent, -kLargestSharedExponent, kLargestSharedExponent);
}

float nvfp4_tensor_scale(double largest) {
  if (!(largest < kInfinity)) return std::numeric_limits<float>::quiet_NaN();
  if (largest == 0) return 1;
  return std::max(static_cast<float>(largest) / (kLargestE4m3 * kLargestE2m1),
                  std::numeric_limits<float>::denorm_min());
}

float nvfp4_block_scale(double largest_of_block, float tensor_scale) {
  static const RoundingTarget<float> e4m3(with_overflow(format_of("e4m3", "NVFP4"), Overflow::saturate));
  return round_value(static_cast<float>(largest_of_block) / kLargestE2m1 / tensor_scale, e4m3, Rounding::nearest_even);
}

template <class Carrier>
std::int64_t convert_blocks(const CodedBlock<Carrier>& block, Side side, const Quantiser& quantiser, float* to) {
  RowConverter<Carrier> converter(block, quantiser, to);
  const int length = quantiser.block_size;
  if (side == Side::left) {
    for (int i = 0; i < block.rows; ++i) {
      const float* x = converter.row(i);
      for (int begin = 0; begin < block.columns; begin += length) {
        const int end = std::min(begin + length, block.columns);
        const std::uint32_t largest = largest_magnitude_bits(x + begin, end - begin);
        converter.set_scales(begin, end, scale_of(largest, quantiser, block.scale));
      }
      converter.convert(i);
    }
    return converter.saturations();
  }
  std::vector<std::uint32_t> largest(static_cast<std::size_t>(block.columns));
  for (int begin = 0; begin < block.rows; begin += length) {
    const int end = std::min(begin + length, block.rows);
    std::fill(largest.begin(), largest.end(), 0U);
    for (int k = begin; k < end; ++k) raise_magnitude_bits(largest.data(), converter.row(k), block.columns);
    for (int j = 0; j < block.columns; ++j)
      converter.set_scales(j, j + 1, scale_of(largest[static_cast<std::size_t>(j)], quantiser, block.scale));
    for (int k = begin; k < end; ++k) converter.convert(k);
  }
  return converter.saturations();
}

template <class Carrier>
QuantiserCounts accumulate_block_scaled_product(Carrier* accumulator, std::ptrdiff_t stride,
                                                const CodedBlock<Carrier>& a, const CodedBlock<Carrier>& b,
                                                const Quantiser& quantiser, const BlockScaledSum& sum) {
  thread_local BlockScaledOperand<Carrier> left, right;
  thread_local std::vector<Carrier> sums;
  thread_local std::vector<float> row, factors;
  left.convert(a, Side::left, quantiser);
  right.convert(b, Side::right, quantiser);
  const bool nvfp4 = quantiser.kind == Quantiser::Kind::nvfp4;
  const Format& format = sum.accumulation.format;
  const Rounding rounding = sum.accumulation.rounding;
  const int rows = a.rows, inner = a.columns, columns = b.columns;

  ProductTask<Carrier> task;
  task.rows = rows;
  task.inner = inner;
  task.columns = columns;
  task.a = left.carriers.data();
  task.a_stride = inner;
  task.b = right.carriers.data();
  task.b_stride = columns;
  task.accumulator = accumulator;
  task.accumulator_stride = stride;
  if (nvfp4) {
    sums.assign(size_of(rows, columns), Carrier{0});
    task.accumulator = sums.data();
    task.accumulator_stride = columns;
    task.operand_precision = 6;  // two bits of e2m1 times four of e4m3, 2^-10 .. 6 * 448
    task.operand_min_exponent = -10;
    task.operand_max_exponent = 11;
  }
  task.finite = left.finite && right.finite && (nvfp4 || sum.finite);
  task.skip_zeros = task.finite && rounding != Rounding::down &&
                    !has_negative_zero(task.accumulator, task.accumulator_stride, rows, columns);
  accumulate_product(task, sum.accumulation);

  const float scale = left.tensor_scale * right.tensor_scale;
  if (nvfp4) {
    factors.assign(static_cast<std::size_t>(columns), scale);
    row.resize(static_cast<std::size_t>(columns));
    for (int i = 0; i < rows; ++i) {
      const Carrier* t = sums.data() + static_cast<std::ptrdiff_t>(i) * columns;
      std::transform(t, t + columns, row.begin(), [](Carrier x) { return static_cast<float>(x); });
      add_products(accumulator + i * stride, row.data(), factors.data(), columns, format, rounding);
    }
  }
  QuantiserCounts counts;
  counts.saturations = left.saturations + right.saturations;
  if (!quantiser.identity_outside) return counts;

  const auto values = [&](const BlockScaledOperand<Carrier>& operand, int i, int count) -> const float* {
    const float* elements = operand.elements.data() + static_cast<std::ptrdiff_t>(i) * count;
    if (!nvfp4) return elements;
    row.resize(static_cast<std::size_t>(count));
    for (int j = 0; j < count; ++j) row[static_cast<std::size_t>(j)] = operand.tensor_scale * elements[j];
    return row.data();
  };
  add_diagonal_terms(
      accumulator, stride, columns, left.diagonal, right.diagonal, [&](int i) { return values(left, i, inner); },
      [&](int k) { return values(right, k, columns); }, format, rounding);
  return counts;
}

template std::int64_t convert_blocks(const CodedBlock<float>&, Side, const Quantiser&, float*);
template std::int64_t convert_blocks(const CodedBlock<double>&, Side, const Quantiser&, float*);
template QuantiserCounts accumulate_block_scaled_product(float*, std::ptrdiff_t, const CodedBlock<float>&,
                                                         const CodedBlock<float>&, const Quantiser&,
                                                         const BlockScaledSum&);
template QuantiserCounts accumulate_block_scaled_product(double*, std::ptrdiff_t, const CodedBlock<double>&,
                                                         const CodedBlock<double>&, const Quantiser&,
                                                         const BlockScaledSum&);

}  // namespace tristab
