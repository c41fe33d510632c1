// Products and elementwise operations of a layer's kernels, outside any inversion method: what a matrix unit of the given
// arithmetic returns, and single rounded operations beside it.
#pragma once

#include "tristab/arithmetic/machine.h"
#include "tristab/format/round.h"

namespace tristab {

class ProductUnit {
 public:
  // `machine` must take the arithmetic's formats (float carriers where all are inside fp32), and must be idle while
  // one of these functions runs. Both outlive the unit. `draws`: part in what stochastic rounding draws.
  ProductUnit(Machine& machine, const Arithmetic& arithmetic, std::uint64_t draws = 0);

  // P Q and C + P Q as the accumulator holds them: operands are rounded to the operand format on entry, C starts
  // the accumulator. Shapes m x k, k x n.
  Matrix product(const Matrix& p, const Matrix& q) const;
  Matrix product(const Matrix& c, const Matrix& p, const Matrix& q) const;

  // One operation's result rounded to nearest to the accumulator's format, given exactly or as the nearest double (of
  // sums, products and quotients of numbers of at most 25 bits that is the same).
  double rounded(double x) const { return wide_ ? x : round_value(x, accumulator_, Rounding::nearest_even); }
  double exponential(double x) const;   // e^x, correctly rounded but for one case in 2^28
  double exponential2(double x) const;  // 2^x

  // To the storage format.
  double stored(double x) const;
  Matrix stored(Matrix x) const;

  const Arithmetic& arithmetic() const { return *arithmetic_; }

 private:
  Machine* machine_;
  const Arithmetic* arithmetic_;
  std::uint64_t draws_;
  bool wide_;  // the accumulator is double's own format
  RoundingTarget<double> accumulator_, storage_;
};

Matrix transposed(const Matrix& x);

}  // namespace tristab
