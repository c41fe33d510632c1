// The accumulation models without vector kernels of their own (pairwise, vdpbf16, exact), stochastic rounding, and the
// choice among all models.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tristab/arithmetic/exact_sum.h"
#include "tristab/arithmetic/product_kernels.h"
#include "tristab/arithmetic/scalar_rows.h"
#include "tristab/base/errors.h"
#include "tristab/format/round.h"

namespace tristab {

template <>
void accumulate_product(const ProductTask<float>& task, const Accumulation& accumulation);

namespace {

template <class T>
std::uint32_t draw_of(const ProductTask<T>& task, int i, int j, int k, ProductDraw which) {
  return product_draw(task.draws, i, j, k, which);
}

// c "+" a b, where every sum and product is exact before its rounding. For roundings and formats that no operation of
// the carrier gives.
template <class T>
double exact_step(const ProductTask<T>& task, const Accumulation& accumulation, int i, int j, int k, double c) {
  const double a = task.a[i * task.a_stride + k], b = task.b[k * task.b_stride + j];
  const auto draw = [&](ProductDraw which) {
    return accumulation.rounding == Rounding::stochastic ? draw_of(task, i, j, k, which) : 0;
  };
  ExactSum sum;
  sum.add(c);
  if (accumulation.fma) {
    sum.add_product(a, b);
  } else {
    ExactSum product;
    product.add_product(a, b);
    sum.add(product.rounded(accumulation.format, accumulation.rounding, draw(ProductDraw::product)));
  }
  return sum.rounded(accumulation.format, accumulation.rounding, draw(ProductDraw::sum));
}

// The same for stochastic rounding if products are exact in double: TwoSum gives the discarded part.
template <class T>
double stochastic_step(const ProductTask<T>& task, const RoundingTarget<double>& target, bool fma, int i, int j, int k,
                       double c) {
  double product = static_cast<double>(task.a[i * task.a_stride + k]) * task.b[k * task.b_stride + j];
  if (!fma) product = round_stochastically(product, 0, target, draw_of(task, i, j, k, ProductDraw::product));
  const double sum = c + product, part = sum - c;
  const double error = (c - (sum - part)) + (product - part);
  return round_stochastically(sum, error, target, draw_of(task, i, j, k, ProductDraw::sum));
}

template <class T, class Step>
void stepwise_product(const ProductTask<T>& task, const Step& step) {
  for (int i = 0; i < task.rows; ++i) {
    for (int j = 0; j < task.columns; ++j) {
      T& element = task.accumulator[i * task.accumulator_stride + j];
      double c = element;
      for (int k = 0; k < task.inner; ++k) c = step(i, j, k, c);
      element = static_cast<T>(c);
    }
  }
}

// s_k := fl(a_k b_k); neighbours are added until one is left, an odd last one moves up unchanged; c := fl(c + s).
template <class T>
void pairwise_product(const ProductTask<T>& task, const Accumulation& accumulation) {
  const auto inner = static_cast<std::size_t>(task.inner), columns = static_cast<std::size_t>(task.columns);
  std::vector<T> terms(inner * columns), left(columns);
  // apply_operation() needs operands of the result's format. For other operands inside fp32, double holds every
  // product.
  const Format& format = accumulation.format;
  const bool wide_operands = sizeof(T) == sizeof(float) && (task.operand_precision > format.precision ||
                                                            task.operand_min_exponent < format.min_exponent);
  const RoundingTarget<double> target(format);
  for (int i = 0; i < task.rows; ++i) {
    for (std::size_t k = 0; k < inner; ++k) {
      left.assign(columns, task.a[i * task.a_stride + static_cast<std::ptrdiff_t>(k)]);
      if (wide_operands) {
        const T* right = task.b + static_cast<std::ptrdiff_t>(k) * task.b_stride;
        for (std::size_t j = 0; j < columns; ++j)
          terms[k * columns + j] =
              static_cast<T>(round_value(static_cast<double>(left[j]) * right[j], target, accumulation.rounding));
        continue;
      }
      apply_operation(Operation::multiply, left.data(), task.b + static_cast<std::ptrdiff_t>(k) * task.b_stride,
                      terms.data() + k * columns, task.columns, accumulation.format, accumulation.rounding);
    }
    for (std::size_t count = inner; count > 1; count = (count + 1) / 2) {
      for (std::size_t pair = 0; 2 * pair < count; ++pair) {
        T* sum = terms.data() + pair * columns;
        std::copy_n(terms.data() + 2 * pair * columns, columns, sum);
        if (2 * pair + 1 == count) continue;
        accumulate_sum(sum, static_cast<const T*>(terms.data() + (2 * pair + 1) * columns), T{1}, task.columns,
                       accumulation);
      }
    }
    accumulate_sum(task.accumulator + i * task.accumulator_stride, static_cast<const T*>(terms.data()), T{1},
                   task.columns, accumulation);
  }
}

// Intel SDM, VDPBF16PS, in the order observed on a Zen 5: for each pair of k the odd element first, then the even one,
// each by a fused multiply-add in fp32 to nearest even. Subnormal operands, addends and results are zeros.
void bf16_pairs_product(const ProductTask<float>& task) {
  static const RoundingTarget<double> target(without_subnormals(fp32_format()));
  const auto flushed = [](double x) { return std::fabs(x) < 0x1p-126 ? std::copysign(0.0, x) : x; };
  stepwise_product(task, [&](int i, int j, int k, double c) {
    const int partner = k ^ 1;                  // k even: the odd element of the pair; k odd: the even one
    if (partner >= task.inner && k % 2 == 0) {  // the last pair has no odd element: it counts as zero
      c = round_value(sum_to_odd(flushed(c), 0.0), target, Rounding::nearest_even);
      const double product = flushed(task.a[i * task.a_stride + k]) * flushed(task.b[k * task.b_stride + j]);
      return round_value(sum_to_odd(flushed(c), product), target, Rounding::nearest_even);
    }
    const double product = flushed(task.a[i * task.a_stride + partner]) * flushed(task.b[partner * task.b_stride + j]);
    return round_value(sum_to_odd(flushed(c), product), target, Rounding::nearest_even);
  });
}

// c := fl(c + sum_k a_k b_k), one rounding.
template <class T>
void exact_product(const ProductTask<T>& task, const Accumulation& accumulation) {
  for (int i = 0; i < task.rows; ++i) {
    for (int j = 0; j < task.columns; ++j) {
      T& c = task.accumulator[i * task.accumulator_stride + j];
      ExactSum sum;
      sum.add(static_cast<double>(c));
      for (int k = 0; k < task.inner; ++k) {
        sum.add_product(static_cast<double>(task.a[i * task.a_stride + k]),
                        static_cast<double>(task.b[k * task.b_stride + j]));
      }
      const std::uint32_t draw =
          accumulation.rounding == Rounding::stochastic ? draw_of(task, i, j, 0, ProductDraw::sum) : 0;
      c = static_cast<T>(sum.rounded(accumulation.format, accumulation.rounding, draw));
    }
  }
}

// The lane tree (accumulation.h) for all columns at once; row t of `sums` is lane t of the tree.
template <class T>
void lanes_product(const ProductTask<T>& task, const Accumulation& accumulation) {
  const LaneTree& tree = accumulation.lanes;
  const int lanes = 1 << tree.order.size(), first = tree.order.front();
  if (task.inner > lanes)
    refuse("vector_lanes", fmt::format("a sum of {} products for {} lanes", task.inner, lanes), "at most one a lane");
  const auto columns = static_cast<std::size_t>(task.columns);
  const Accumulation step{accumulation.format, accumulation.rounding, tree.fused};
  std::vector<T> sums(static_cast<std::size_t>(lanes) * columns);
  const auto lane = [&](int t) { return sums.data() + static_cast<std::size_t>(t) * columns; };
  for (int i = 0; i < task.rows; ++i) {
    std::fill(sums.begin(), sums.end(), T{0});
    const auto add_product = [&](int k, int to) {
      if (k >= task.inner) return;
      ProductTask<T> one = task;
      one.rows = one.inner = 1;
      one.a = task.a + i * task.a_stride + k;
      one.b = task.b + k * task.b_stride;
      one.accumulator = lane(to);
      one.skip_zeros = false;
      accumulate_product(one, step);
    };
    for (int t = 0; t < lanes; ++t) {
      if ((t & first) == 0) {
        add_product(t | first, t);
        add_product(t, t);
      }
    }
    for (std::size_t level = 1; level < tree.order.size(); ++level) {
      const int bit = tree.order[level];
      for (int t = 0; t < lanes; ++t) {
        const bool live = (t & bit) == 0 && (t & first) == 0;
        if (live) accumulate_sum(lane(t), static_cast<const T*>(lane(t | bit)), T{1}, task.columns, step);
      }
    }
    accumulate_sum(task.accumulator + i * task.accumulator_stride, static_cast<const T*>(lane(0)), T{1}, task.columns,
                   step);
  }
}

template <class T>
void sequential_in_any_rounding(const ProductTask<T>& task, const Accumulation& accumulation) {
  const bool fp64 = accumulation.format.precision == fp64_format().precision;
  const int smallest = task.operand_min_exponent - task.operand_precision + 1;
  const bool exact_products =
      task.operand_precision <= 26 && 2 * smallest >= -1074 && 2 * task.operand_max_exponent + 2 <= 1023;
  if (fp64 || (accumulation.rounding == Rounding::stochastic && !exact_products)) {
    stepwise_product(task, [&](int i, int j, int k, double c) { return exact_step(task, accumulation, i, j, k, c); });
    return;
  }
  const RoundingTarget<double> target(accumulation.format);
  stepwise_product(
      task, [&](int i, int j, int k, double c) { return stochastic_step(task, target, accumulation.fma, i, j, k, c); });
}

template <class T>
void clear(const ProductTask<T>& task) {
  for (int i = 0; i < task.rows; ++i) std::fill_n(task.accumulator + i * task.accumulator_stride, task.columns, T{0});
}

// The units' kernels have float carriers. Their operands and sums lie inside fp32 also where another stage of the same
// machine needs doubles.
void on_float_carriers(const ProductTask<double>& task, const Accumulation& accumulation) {
  const auto floats = [](const double* x, std::ptrdiff_t stride, int rows, int columns) {
    std::vector<float> values;
    for (int i = 0; i < rows; ++i) values.insert(values.end(), x + i * stride, x + i * stride + columns);
    return values;
  };
  const std::vector<float> a = floats(task.a, task.a_stride, task.rows, task.inner);
  const std::vector<float> b = floats(task.b, task.b_stride, task.inner, task.columns);
  std::vector<float> c = floats(task.accumulator, task.accumulator_stride, task.rows, task.columns);
  ProductTask<float> narrow =
      dense_task<float>(a.data(), b.data(), c.data(), task.rows, task.inner, task.columns, fp32_format());
  narrow.operand_precision = task.operand_precision;
  narrow.operand_min_exponent = task.operand_min_exponent;
  narrow.operand_max_exponent = task.operand_max_exponent;
  narrow.finite = task.finite;
  narrow.skip_zeros = task.skip_zeros;
  narrow.draws = task.draws;
  accumulate_product(narrow, accumulation);
  for (int i = 0; i < task.rows; ++i)
    std::copy_n(c.begin() + static_cast<std::ptrdiff_t>(i) * task.columns, task.columns,
                task.accumulator + i * task.accumulator_stride);
}

template <class T>
void any_product(const ProductTask<T>& task, const Accumulation& accumulation) {
  const bool fp64 = accumulation.format.precision == fp64_format().precision;
  switch (accumulation.model) {
    case AccumulationModel::sequential:
      if (accumulation.rounding == Rounding::stochastic || (fp64 && accumulation.rounding != Rounding::nearest_even))
        return sequential_in_any_rounding(task, accumulation);
      if (!accumulation.fma && !accumulation.format.subnormals) {
        // A sum flushed to -0 becomes +0 when a later product +0 is added, so zero products are not left out.
        ProductTask<T> whole = task;
        whole.skip_zeros = false;
        return sequential_product(whole, accumulation);
      }
      return sequential_product(task, accumulation);
    case AccumulationModel::pairwise:
      return pairwise_product(task, accumulation);
    case AccumulationModel::exact:
      return exact_product(task, accumulation);
    case AccumulationModel::lanes:
      return lanes_product(task, accumulation);
    case AccumulationModel::matrix_unit:
    case AccumulationModel::bf16_pairs:
      break;
  }
  if constexpr (sizeof(T) == sizeof(float)) {
    if (accumulation.model == AccumulationModel::bf16_pairs) return bf16_pairs_product(task);
    ProductTask<float> unit_task = task;
    // A group of zero products truncates c to F bits, and a tiny c to a multiple of 2^(e* - F) with the lowest e*. The
    // group may be left out only if c never has more bits.
    const MatrixUnit& unit = accumulation.unit;
    unit_task.skip_zeros = task.skip_zeros && accumulation.format.precision - 1 <= unit.fraction_bits &&
                           unit.lowest_exponent - unit.fraction_bits <= accumulation.format.lsb_min();
    return matrix_unit_product(unit_task, accumulation);
  } else {
    on_float_carriers(task, accumulation);
  }
}

// The vector kernels of sequential sums handle from_zero themselves; for all others the accumulator is cleared first.
template <class T>
void clear_and_multiply(const ProductTask<T>& task, const Accumulation& accumulation) {
  const bool vectorised =
      accumulation.model == AccumulationModel::sequential && accumulation.rounding == Rounding::nearest_even;
  if (!task.from_zero || vectorised) return any_product(task, accumulation);
  clear(task);
  ProductTask<T> cleared = task;
  cleared.from_zero = false;
  any_product(cleared, accumulation);
}

}  // namespace

template <>
void accumulate_product(const ProductTask<float>& task, const Accumulation& accumulation) {
  clear_and_multiply(task, accumulation);
}
template <>
void accumulate_product(const ProductTask<double>& task, const Accumulation& accumulation) {
  clear_and_multiply(task, accumulation);
}

}  // namespace tristab
