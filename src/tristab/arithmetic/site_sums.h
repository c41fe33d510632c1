// Sums of products of double-doubles in every accumulation model (accumulation.h), of whose roundings some can be left
// out. With all roundings and operands in their format the results are those of accumulate_product; this code is
// written from the definitions, one element at a time, and shares nothing with it but the rounding of one number.
#pragma once

#include <vector>

#include "tristab/arithmetic/accumulation.h"
#include "tristab/arithmetic/site_rounding.h"

namespace tristab {

// rows x columns double-doubles without gaps.
struct PairMatrix {
  int rows = 0, columns = 0;
  std::vector<double> high, low;

  PairMatrix() = default;
  PairMatrix(int row_count, int column_count)
      : rows(row_count),
        columns(column_count),
        high(static_cast<std::size_t>(row_count) * static_cast<std::size_t>(column_count)),
        low(high.size()) {}
  std::size_t at(int i, int j) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(j);
  }
  DoubleDouble operator()(int i, int j) const { return {high[at(i, j)], low[at(i, j)]}; }
  void set(int i, int j, DoubleDouble x) {
    high[at(i, j)] = x.high;
    low[at(i, j)] = x.low;
  }
};

// c := c + a b without rounding, to double-double.
void add_exact_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b);

// c := c + a b in the accumulation's order with the roundings in `on`. `operand_min_exponent`: emin of the operands'
// format, which a matrix unit takes as the exponent of subnormals. `draws`: of the product, for stochastic rounding.
void add_rounded_product(PairMatrix& c, const PairMatrix& a, const PairMatrix& b, const Accumulation& accumulation,
                         int operand_min_exponent, RoundingKinds on, std::uint64_t draws);

}  // namespace tristab
