#include "tristab/arithmetic/quantise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tristab/arithmetic/kernels.h"

namespace tristab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Element (i, j) is kept outside the quantiser.
template <class Carrier>
bool outside(const CodedBlock<Carrier>& block, const Quantiser& quantiser, int i, int j) {
  return quantiser.identity_outside && j == i + block.diagonal;
}

enum class Side { left, right };

// One operand as whole numbers with the scales of its side and its diagonal.
template <class Code>
struct Operand {
  std::vector<Code> codes;      // rows x columns
  std::vector<float> scale;     // a row's (left) or a column's (right)
  std::vector<float> diagonal;  // of row i: the element at (i, i + offset), or 0
  std::vector<double> largest;
};

template <class Code, class Carrier>
void encode(const CodedBlock<Carrier>& block, Side side, const Quantiser& quantiser, Operand<Code>& operand) {
  const int rows = block.rows, columns = block.columns;
  const bool by_row = quantiser.scale == Quantiser::Scale::row && side == Side::left;
  const bool by_column = quantiser.scale == Quantiser::Scale::row && side == Side::right;
  const auto scales = static_cast<std::size_t>(side == Side::left ? rows : columns);
  operand.scale.resize(scales);
  if (quantiser.scale == Quantiser::Scale::tensor) {
    const float scale = block.scale != 0 ? static_cast<float>(block.scale)
                                         : quantiser_scale(quantised_magnitude(block, quantiser), quantiser);
    std::fill(operand.scale.begin(), operand.scale.end(), scale);
  } else {
    operand.largest.assign(scales, 0.0);
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < columns; ++j) {
        if (outside(block, quantiser, i, j)) continue;
        const double size = std::fabs(static_cast<double>(block.elements[i * block.stride + j]));
        double& largest = operand.largest[static_cast<std::size_t>(by_row ? i : j)];
        largest = size < kInfinity ? std::max(largest, size) : kInfinity;
      }
    }
    for (std::size_t s = 0; s < scales; ++s)
      operand.scale[s] = quantiser_scale(operand.largest[s], quantiser);
  }
  operand.codes.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  operand.diagonal.assign(static_cast<std::size_t>(rows), 0.0F);
  Code* code = operand.codes.data();
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j, ++code) {
      const Carrier x = block.elements[i * block.stride + j];
      if (outside(block, quantiser, i, j)) {
        operand.diagonal[static_cast<std::size_t>(i)] = static_cast<float>(x);
        *code = 0;
      } else {
        const float scale = operand.scale[static_cast<std::size_t>(by_column ? j : (by_row ? i : 0))];
        *code = static_cast<Code>(code_of(static_cast<double>(x), scale, quantiser));
      }
    }
  }
}

template <class Code, class Carrier>
void accumulate_with(Carrier* accumulator, std::ptrdiff_t stride, const CodedBlock<Carrier>& a,
                     const CodedBlock<Carrier>& b, const Quantiser& quantiser) {
  thread_local Operand<Code> left, right;
  thread_local std::vector<Code> sums;
  encode(a, Side::left, quantiser, left);
  encode(b, Side::right, quantiser, right);
  const int rows = a.rows, inner = a.columns, columns = b.columns;
  sums.assign(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), Code{0});

  // Whole numbers below 2^24 (2^53): native sums in this carrier are exact, in any order.
  ProductTask<Code> task;
  task.rows = rows;
  task.inner = inner;
  task.columns = columns;
  task.a = left.codes.data();
  task.a_stride = inner;
  task.b = right.codes.data();
  task.b_stride = columns;
  task.accumulator = sums.data();
  task.accumulator_stride = columns;
  accumulate_product(
      task, {sizeof(Code) == sizeof(float) ? fp32_format() : fp64_format(), Rounding::nearest_even, false});

  // D_A D_B lies at offset a.diagonal + b.diagonal; D_A scales B's rows, D_B scales A's columns.
  for (int i = 0; i < rows; ++i) {
    Carrier* c = accumulator + i * stride;
    const Code* sum = sums.data() + static_cast<std::ptrdiff_t>(i) * columns;
    const float row_scale = left.scale[static_cast<std::size_t>(i)];
    for (int j = 0; j < columns; ++j) {
      const float scale = row_scale * right.scale[static_cast<std::size_t>(j)];
      c[j] = static_cast<float>(c[j]) + scale * static_cast<float>(sum[j]);
    }
    if (!quantiser.identity_outside) continue;
    const int k = i + a.diagonal;  // the column of row i's diagonal element, a row of b
    const float d = left.diagonal[static_cast<std::size_t>(i)];
    const bool has_diagonal = k >= 0 && k < inner && d != 0;
    if (has_diagonal) {
      const Code* code = right.codes.data() + static_cast<std::ptrdiff_t>(k) * columns;
      for (int j = 0; j < columns; ++j) {
        const float value = right.scale[static_cast<std::size_t>(j)] * static_cast<float>(code[j]);
        c[j] = static_cast<float>(c[j]) + d * value;
      }
    }
    const Code* code = left.codes.data() + static_cast<std::ptrdiff_t>(i) * inner;
    for (int row = 0; row < inner; ++row) {
      const int j = row + b.diagonal;
      const float e = right.diagonal[static_cast<std::size_t>(row)];
      if (j < 0 || j >= columns || e == 0) continue;
      c[j] = static_cast<float>(c[j]) + row_scale * static_cast<float>(code[row]) * e;
    }
    if (has_diagonal) {
      const int j = k + b.diagonal;
      const float e = right.diagonal[static_cast<std::size_t>(k)];
      if (j >= 0 && j < columns) c[j] = static_cast<float>(c[j]) + d * e;
    }
  }
}

}  // namespace

float quantiser_scale(double largest, const Quantiser& quantiser) {
  if (largest == 0) return 1.0F;
  if (!(largest < kInfinity)) return std::numeric_limits<float>::quiet_NaN();
  if (quantiser.rule == Quantiser::Rule::amax) {
    const float scale = static_cast<float>(largest) / static_cast<float>(quantiser.largest_code);
    return scale > 0 ? scale : std::numeric_limits<float>::denorm_min();
  }
  int exponent = 0;
  const double fraction = std::frexp(largest / quantiser.largest_code, &exponent);  // in [0.5, 1)
  return static_cast<float>(std::ldexp(1.0, std::max(fraction == 0.5 ? exponent - 1 : exponent, -149)));
}

double code_of(double x, double scale, const Quantiser& quantiser) {
  const double limit = quantiser.largest_code;
  const double code = std::rint(x / scale);
  return code > limit ? limit : (code < -limit ? -limit : code);
}

template <class Carrier>
double quantised_magnitude(const CodedBlock<Carrier>& block, const Quantiser& quantiser) {
  double largest = 0;
  for (int i = 0; i < block.rows; ++i) {
    for (int j = 0; j < block.columns; ++j) {
      if (outside(block, quantiser, i, j)) continue;
      const double size = std::fabs(static_cast<double>(block.elements[i * block.stride + j]));
      largest = size < kInfinity ? std::max(largest, size) : kInfinity;
    }
  }
  return largest;
}

template <class Carrier>
void requantise_block(const CodedBlock<Carrier>& block, double scale, const Quantiser& quantiser) {
  for (int i = 0; i < block.rows; ++i) {
    Carrier* x = block.elements + i * block.stride;
    for (int j = 0; j < block.columns; ++j) {
      if (outside(block, quantiser, i, j)) continue;
      x[j] = static_cast<float>(scale) *
             static_cast<float>(code_of(static_cast<double>(x[j]), scale, quantiser));
    }
  }
}

template <class Carrier>
void accumulate_coded_product(Carrier* accumulator, std::ptrdiff_t stride, const CodedBlock<Carrier>& a,
                              const CodedBlock<Carrier>& b, const Quantiser& quantiser) {
  const double bound = static_cast<double>(quantiser.largest_code) * quantiser.largest_code * a.columns;
  if (bound <= 0x1p24) {
    accumulate_with<float>(accumulator, stride, a, b, quantiser);
  } else {
    accumulate_with<double>(accumulator, stride, a, b, quantiser);
  }
}

template double quantised_magnitude(const CodedBlock<float>&, const Quantiser&);
template double quantised_magnitude(const CodedBlock<double>&, const Quantiser&);
template void requantise_block(const CodedBlock<float>&, double, const Quantiser&);
template void requantise_block(const CodedBlock<double>&, double, const Quantiser&);
template void accumulate_coded_product(float*, std::ptrdiff_t, const CodedBlock<float>&,
                                       const CodedBlock<float>&, const Quantiser&);
template void accumulate_coded_product(double*, std::ptrdiff_t, const CodedBlock<double>&,
                                       const CodedBlock<double>&, const Quantiser&);

}  // namespace tristab
