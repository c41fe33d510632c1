// Formation by one Gram product (one gate a head, or none):
//   M_ij = fl(fl((L R^T)_ij fl(exp(fl(P_i - G_j)))) s_i)
// L and R enter the matrix unit in its operand format; everything after it is in the accumulator's format.
//   scale: keys     s_i multiplies row i of L before the product (and is rounded to storage with it), not the result
//   decay: quotients   fl(exp(fl(P_i - G_j))) is fl(c_i / c_j) with the running products c_i = fl(c_{i-1}
//   fl(exp(g_i)));
//                   0 / 0 = NaN where both have underflowed (MLX's Metal kernel)
//   steps: storage  the product, beta and the results are rounded to the format that A is stored in (FlashKDA:
//                   fl16(fl16(k k^T) fl16(beta)))
// Source: flash-linear-attention, fla/ops/common/chunk_scaled_dot_kkt.py (K K^T in bf16 with fp32 accumulation, then
// exp of the gates' differences and beta in fp32); DeltaNet kernels scale the keys.
#include <vector>

#include "tristab/base/errors.h"
#include "tristab/layer/formation.h"

namespace tristab {
namespace {

// c_i, the running products of e^g, in the accumulator's format.
std::vector<double> running_products(const Matrix& log_decay, const ProductUnit& unit, const Formation& formation) {
  const DecayFactor factor(unit, formation);
  const StorageRounding gate(formation.gates);
  std::vector<double> products;
  double product = 1;
  for (int i = 0; i < log_decay.rows(); ++i) {
    product = unit.rounded(product * factor(unit.exponent(gate(log_decay(i, 0)))));
    products.push_back(product);
  }
  return products;
}

}  // namespace

Matrix form_gram(const GatedFactors& factors, Triangle triangle, const Formation& formation, Machines& machines) {
  const int width = factors.log_decay.columns(), n = factors.left.rows();
  if (width > 1) refuse("formation gram", "one gate a channel", "rules with one gate a head, or formation anchored");
  const ProductUnit unit(machines.machine_for(formation.product), formation.product, formation.exponential);
  const bool scaled = !factors.scale.empty();
  const StorageRounding beta(formation.beta);
  const auto scale_of = [&](int i) { return unit.rounded(beta(factors.scale[static_cast<std::size_t>(i)])); };
  Matrix left = factors.left;
  if (scaled && formation.scaled_keys) {
    for (int i = 0; i < n; ++i) {
      const double scale = scale_of(i);
      for (int d = 0; d < left.columns(); ++d) left(i, d) = unit.stored(unit.rounded(left(i, d) * scale));
    }
  }
  Matrix product = unit.product(left, transposed(factors.right));
  // These formats are inside the accumulator's, so rounding the exact product of two numbers once is right for both.
  const StorageRounding stored(formation.storage);
  const bool steps_stored = formation.stored_steps && formation.storage;  // else A's format is the accumulator's
  const auto step = [&](double x) { return steps_stored ? stored(x) : unit.rounded(x); };
  const DecayFactor factor(unit, formation);
  const bool quotients = formation.quotients && width == 1;
  const GateSums sums = quotients ? GateSums{} : gate_sums(factors, unit, formation);
  const std::vector<double> products =
      quotients ? running_products(factors.log_decay, unit, formation) : std::vector<double>{};
  const auto decay = [&](int i, int j) {
    if (!quotients) return factor(unit.rounded(sums.left(i, 0) - sums.right(j, 0)));
    const int last = factors.left_before_decay ? i - 1 : i;  // P_i = G_{i-1}; i > j, so only the last one can be -1
    const double upper = last < 0 ? 1 : products[static_cast<std::size_t>(last)];
    return unit.rounded(upper / products[static_cast<std::size_t>(j)]);
  };
  for (int i = 0; i < n; ++i) {
    const int columns = triangle == Triangle::lower ? i + 1 : i;
    const double scale = scaled && !formation.scaled_keys ? scale_of(i) : 1;
    for (int j = 0; j < n; ++j) {
      if (j >= columns) {
        product(i, j) = 0;
        continue;
      }
      double value = step(product(i, j));
      if (width == 1) {
        value = step(value * decay(i, j));
      }
      product(i, j) = step(value * step(scale));
    }
  }
  return product;
}

}  // namespace tristab
