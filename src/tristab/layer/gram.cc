// Formation by one Gram product (one gate a head, or none):
//   M_ij = fl(fl((L R^T)_ij fl(exp(fl(P_i - G_j)))) s_i)
// L and R enter the matrix unit in its operand format, everything after it is in the accumulator's. With `scale: keys`
// s_i multiplies row i of L before the product (and is rounded to storage with it) instead of the result.
// Source: flash-linear-attention, fla/ops/common/chunk_scaled_dot_kkt.py (K K^T in bf16 with fp32 accumulation, then
// exp of the gates' differences and beta in fp32); DeltaNet kernels scale the keys.
#include <fmt/format.h>

#include "tristab/base/errors.h"
#include "tristab/layer/formation.h"

namespace tristab {

Matrix form_gram(const GatedFactors& factors, Triangle triangle, const Formation& formation,
                 Machines& machines) {
  const int width = factors.log_decay.columns(), n = factors.left.rows();
  if (width > 1) {
    throw UsageError(
        "formation gram: found one gate a channel; allowed: rules with one gate a head, or formation "
        "anchored");
  }
  const ProductUnit unit(machines.machine_for(formation.product), formation.product);
  const bool scaled = !factors.scale.empty();
  Matrix left = factors.left;
  if (scaled && formation.scaled_keys) {
    for (int i = 0; i < n; ++i) {
      const double scale = unit.rounded(factors.scale[static_cast<std::size_t>(i)]);
      for (int d = 0; d < left.columns(); ++d) left(i, d) = unit.stored(unit.rounded(left(i, d) * scale));
    }
  }
  Matrix product = unit.product(left, transposed(factors.right));
  const Matrix upper = rounded_sums(factors.log_decay, unit, formation.binary, factors.left_before_decay);
  const Matrix lower = rounded_sums(factors.log_decay, unit, formation.binary, false);
  for (int i = 0; i < n; ++i) {
    const int columns = triangle == Triangle::lower ? i + 1 : i;
    const double scale =
        scaled && !formation.scaled_keys ? unit.rounded(factors.scale[static_cast<std::size_t>(i)]) : 1;
    for (int j = 0; j < n; ++j) {
      if (j >= columns) {
        product(i, j) = 0;
        continue;
      }
      double value = product(i, j);
      if (width == 1) {
        const double exponent = unit.rounded(upper(i, 0) - lower(j, 0));
        value = unit.rounded(value *
                             (formation.binary ? unit.exponential2(exponent) : unit.exponential(exponent)));
      }
      product(i, j) = unit.rounded(value * scale);
    }
  }
  return product;
}

}  // namespace tristab
