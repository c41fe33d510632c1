// Products and elementwise operations of a layer's kernels, outside any inversion method: results of the given
// arithmetic's matrix unit, and single rounded operations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tristab/arithmetic/machines.h"
#include "tristab/format/round.h"

namespace tristab {

// How a kernel computes e^x.
enum class Exponential {
  natural,    // e^x, rounded once
  binary,     // 2^y rounded once, y = fl(x log2 e); the running sums are scaled by log2 e
  ex2_approx  // the same by the GPU's ex2.approx.ftz.f32 (ex2_approx.h); the accumulator's format must be fp32
};

// "natural", "binary", "ex2.approx"; throws UsageError naming place and the nearest name.
Exponential exponential_named(const std::string& name, std::string_view place);
const std::vector<std::string>& exponential_names();

class ProductUnit {
 public:
  // `machine` must hold the arithmetic's formats (float carriers if all are inside fp32) and must be idle while one of
  // these functions runs. Machine and arithmetic must outlive the unit. `draws` is part of the key of stochastic
  // rounding.
  ProductUnit(Machine& machine, const Arithmetic& arithmetic, Exponential exponential = Exponential::natural,
              std::uint64_t draws = 0);

  // P Q and C + P Q as the accumulator holds them. All three are first rounded to the accumulator's format if
  // necessary; P and Q are rounded to the operand format on entry, C starts the accumulator. Shapes m x k, k x n.
  Matrix product(const Matrix& p, const Matrix& q) const;
  Matrix product(const Matrix& c, const Matrix& p, const Matrix& q) const;

  // The result of one operation, rounded to nearest to the accumulator's format. `x` is the exact result or the nearest
  // double (for sums, products and quotients of numbers of at most 25 bits both give the same).
  double rounded(double x) const { return wide_ ? x : round_value(x, accumulator_, Rounding::nearest_even); }
  Matrix rounded(Matrix x) const;

  // e^x for a difference x of running_sums().
  double power(double x) const;

  // A number of nats in the unit of running_sums().
  double exponent(double nats) const;

  // G_i = g_1 + ... + g_i, channel by channel, in the accumulator's format; afterwards scaled by log2 e if the
  // exponential is a power of two. `group` 0: one addition after the other. Otherwise in groups of that many rows as a
  // GPU scans them: inside a group x_i <- fl(x_i + x_{i-d}) for d = 1, 2, 4, ... at once (Hillis and Steele), then each
  // group's sums are added to the carry of the groups before.
  Matrix running_sums(const Matrix& log_decay, int group) const;

  double fused(double x, double y, double z) const;  // fl(x y + z)

  // Rounds to the storage format.
  double stored(double x) const;
  Matrix stored(Matrix x) const;

  const Arithmetic& arithmetic() const { return *arithmetic_; }

 private:
  Value loaded(const Matrix& x) const;
  Rounding storage_rounding() const;

  Machine* machine_;
  const Arithmetic* arithmetic_;
  Exponential exponential_;
  std::uint64_t draws_;
  bool wide_;  // the accumulator is double's own format
  RoundingTarget<double> accumulator_, storage_;
};

Matrix transposed(const Matrix& x);

}  // namespace tristab
