// An independent computation of block-scaled operands, by lists and searches: every element value is written out, the
// nearest one is found by exact comparisons, and scales come from comparisons or from single MPFR operations.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/mpfr_oracle.h"
#include "support/samples.h"
#include "tristab/arithmetic/block_scale.h"

namespace tristab {

// Non-negative element values, ascending; the parity of a value's index is that of its significand.
inline std::vector<double> element_values(const Format& element) {
  if (element.min_exponent == element.max_exponent) {  // MXINT8
    std::vector<double> values;
    for (int code = 0; code <= 127; ++code) values.push_back(code / 64.0);
    return values;
  }
  return non_negative_values(element);
}

inline Quantiser microscaling(const std::string& element, Quantiser::Rule rule = Quantiser::Rule::floor) {
  Quantiser quantiser;
  quantiser.kind = Quantiser::Kind::microscaling;
  quantiser.scale = Quantiser::Scale::block;
  quantiser.block_size = 32;
  quantiser.rule = rule;
  quantiser.element = element == "int8" ? Format{"int8", 7, 0, 0, 8, 0, Overflow::saturate, true}
                                        : with_overflow(format_of(element, "test"), Overflow::saturate);
  quantiser.bits = quantiser.element.bits;
  return quantiser;
}

inline Quantiser nvfp4() {
  Quantiser quantiser = microscaling("e2m1");
  quantiser.kind = Quantiser::Kind::nvfp4;
  quantiser.block_size = 16;
  return quantiser;
}

struct ScaledOperand {
  int rows = 0, columns = 0, diagonal = 0;
  std::vector<double> elements;
  double operator()(int i, int j) const { return elements[static_cast<std::size_t>(i * columns + j)]; }
};

// fp32 values within a few binades of a size that changes from piece to piece, with zeros and all-zero pieces.
inline ScaledOperand draw_scaled(Samples& samples, int rows, int columns, int diagonal, int low, int high) {
  ScaledOperand operand{rows, columns, diagonal, {}};
  for (int i = 0; i < rows; ++i) {
    const int top = samples.integer(low, high);
    const bool zeros = samples.chance(6);
    for (int j = 0; j < columns; ++j) {
      const bool zero = zeros || samples.chance(6);
      operand.elements.push_back(zero ? 0.0 : samples.value(fp32_format(), std::max(top - 8, -149), top));
    }
  }
  return operand;
}

class BlockScaleOracle {
 public:
  BlockScaleOracle(const Quantiser& quantiser, const ScaledOperand& operand, Side side)
      : quantiser_(quantiser), operand_(operand), side_(side), values_(element_values(quantiser.element)) {
    for (int i = 0; i < operand.rows; ++i) {
      for (int j = 0; j < operand.columns; ++j) {
        if (!outside(i, j)) largest_ = std::max(largest_, std::fabs(operand(i, j)));
      }
    }
    if (is_nvfp4()) {
      tensor_scale_ = largest_ == 0 ? 1 : divided(largest_, 2688);
      if (tensor_scale_ == 0) tensor_scale_ = 0x1p-149;
    }
    for (int i = 0; i < operand.rows; ++i) {
      for (int j = 0; j < operand.columns; ++j) elements_.push_back(converted(i, j));
    }
  }

  double tensor_scale() const { return tensor_scale_; }  // 0 in microscaling
  std::int64_t clamped() const { return clamped_; }
  // The element that enters the matrix unit: without the tensor's scale; 0 on a main diagonal that stays outside.
  double element(int i, int j) const { return elements_[static_cast<std::size_t>(i * operand_.columns + j)]; }
  // The value that the element stands for.
  double value(int i, int j) {
    return is_nvfp4() ? oracle_.multiply(tensor_scale_, element(i, j), fp32_format(), Rounding::nearest_even)
                      : element(i, j);
  }
  double diagonal(int i, int j) const { return outside(i, j) ? operand_(i, j) : 0; }

 private:
  bool is_nvfp4() const { return quantiser_.kind == Quantiser::Kind::nvfp4; }
  bool outside(int i, int j) const { return quantiser_.identity_outside && j == i + operand_.diagonal; }
  double divided(double x, double y) { return oracle_.divide(x, y, fp32_format(), Rounding::nearest_even); }

  // |x| = t * unit: the index in `values` of the value nearest to t, ties to even indices, by exact comparisons.
  static std::size_t nearest(const std::vector<double>& values, double x, double unit) {
    std::size_t place = 0;
    while (place + 1 < values.size()) {
      const double middle = (values[place] + values[place + 1]) / 2 * unit;  // few bits times 28: exact
      if (x < middle || (x == middle && place % 2 == 0)) break;
      ++place;
    }
    return place;
  }

  double largest_of_block(int i, int j) const {
    double largest = 0;
    const int size = quantiser_.block_size, line = side_ == Side::left ? i : j, k = side_ == Side::left ? j : i;
    const int length = side_ == Side::left ? operand_.columns : operand_.rows;
    for (int l = k / size * size; l < std::min(length, (k / size + 1) * size); ++l) {
      const int row = side_ == Side::left ? line : l, column = side_ == Side::left ? l : line;
      if (!outside(row, column)) largest = std::max(largest, std::fabs(operand_(row, column)));
    }
    return largest;
  }

  double converted(int i, int j) {
    if (outside(i, j)) return 0;
    const double x = operand_(i, j), size = std::fabs(x), largest = largest_of_block(i, j);
    if (largest == 0) return 0;
    double unit = 0, factor = 0;
    if (is_nvfp4()) {
      static const std::vector<double> scales = element_values(format_of("e4m3", "test"));
      factor = scales[nearest(scales, divided(divided(largest, 6), tensor_scale_), 1)];
      if (factor == 0) return 0;
      unit = factor * tensor_scale_;
    } else {
      unit = factor = std::ldexp(1.0, exponent(largest));
    }
    const std::size_t place = nearest(values_, size, unit);
    // An element is clamped if it would round, ties to even, to the value that would follow the largest one, or lies
    // beyond it.
    const double next = values_.back() + (values_.back() - values_[values_.size() - 2]);
    const double middle = (values_.back() + next) / 2 * unit;
    clamped_ += size > middle || (size == middle && (values_.size() - 1) % 2 != 0);
    const double result = values_[place] * factor;
    // Values beyond fp32 become infinite.
    const double rounded = oracle_.convert(result, fp32_format(), Rounding::nearest_even);
    return x < 0 ? -rounded : rounded;
  }

  int exponent(double largest) const {
    const int emax = quantiser_.element.max_exponent;
    int e = -1000;
    switch (quantiser_.rule) {
      case Quantiser::Rule::floor:
      case Quantiser::Rule::floor_plus_one:
        while (std::ldexp(1.0, e + 1) <= largest) ++e;
        e += (quantiser_.rule == Quantiser::Rule::floor ? 0 : 1) - emax;
        break;
      case Quantiser::Rule::ceil:
        while (std::ldexp(1.0, e) < largest) ++e;
        e -= emax;
        break;
      default:
        while (values_.back() * std::ldexp(1.0, e) < largest) ++e;
    }
    return std::min(127, std::max(-127, e));
  }

  Quantiser quantiser_;
  ScaledOperand operand_;
  Side side_;
  std::vector<double> values_, elements_;
  double largest_ = 0, tensor_scale_ = 0;
  std::int64_t clamped_ = 0;
  MpfrOracle oracle_;
};

}  // namespace tristab
