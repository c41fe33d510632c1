// Formation by decayed factors (one gate a channel, or a head):
//   M_ij = fl(s_i ((L o exp(P - a)) (R o exp(a - G))^T)_ij)
// for sub-blocks of `block` rows, with the anchor a the sums G at one row: the first or the middle row of the sub-block of
// i, or the middle row of the chunk. A factor overflows where its exponent passes 88 in fp32: from sums below the anchor
// (first: never for j in earlier blocks; middle of the chunk: a span of 118 with n = 64 and g = -5 sigmoid(.)), and
// infinity times zero is NaN. The factors are rounded to the operand format on entering the product.
// Source: flash-linear-attention, fla/ops/kda; cudnn-frontend PR 1017.
#include <algorithm>

#include "tristab/layer/formation.h"

namespace tristab {
namespace {

class AnchoredProduct {
 public:
  AnchoredProduct(const GatedFactors& factors, const Formation& formation, Machines& machines)
      : factors_(factors),
        formation_(formation),
        unit_(machines.machine_for(formation.product), formation.product),
        upper_(rounded_sums(factors.log_decay, unit_, formation.binary, factors.left_before_decay)),
        lower_(rounded_sums(factors.log_decay, unit_, formation.binary, false)) {}

  Matrix form(Triangle triangle) const {
    const int n = factors_.left.rows(), block = formation_.block;
    Matrix result(n, n);
    for (int first = 0; first < n; first += block) {
      const int rows = std::min(block, n - first), columns = first + rows;
      const Matrix product = blocks(first, rows, columns);
      for (int i = first; i < first + rows; ++i) {
        const int end = triangle == Triangle::lower ? i + 1 : i;
        for (int j = 0; j < end; ++j) {
          const bool diagonal = formation_.exact_diagonal && j >= first;
          const double value = diagonal ? difference_product(i, j) : product(i - first, j);
          result(i, j) = scaled(value, i);
        }
      }
    }
    return result;
  }

 private:
  double power(double exponent) const {
    return formation_.binary ? unit_.exponential2(exponent) : unit_.exponential(exponent);
  }

  double scaled(double value, int i) const {
    if (factors_.scale.empty()) return value;
    return unit_.rounded(value * unit_.rounded(factors_.scale[static_cast<std::size_t>(i)]));
  }

  // The product of rows [first, first + rows) of the left factor with columns [0, columns) around their anchor.
  Matrix blocks(int first, int rows, int columns) const {
    const int dim = factors_.left.columns(), width = factors_.log_decay.columns(), n = factors_.left.rows();
    const int anchor = formation_.anchor == Formation::Anchor::first    ? first
                       : formation_.anchor == Formation::Anchor::middle ? first + rows / 2
                                                                        : n / 2;
    Matrix left(rows, dim), right(dim, columns);
    const auto gate = [&](const Matrix& sums, int row, int d) {
      return width == 0 ? 0.0 : sums(row, width == 1 ? 0 : d);
    };
    for (int i = 0; i < rows; ++i) {
      for (int d = 0; d < dim; ++d) {
        const double factor = power(unit_.rounded(gate(upper_, first + i, d) - gate(lower_, anchor, d)));
        left(i, d) = unit_.rounded(factors_.left(first + i, d) * factor);
      }
    }
    for (int j = 0; j < columns; ++j) {
      for (int d = 0; d < dim; ++d) {
        const double factor = power(unit_.rounded(gate(lower_, anchor, d) - gate(lower_, j, d)));
        right(d, j) = unit_.rounded(factors_.right(j, d) * factor);
      }
    }
    return unit_.product(left, right);
  }

  // sum_d l_id r_jd exp(P_id - G_jd), d ascending, every operation rounded.
  double difference_product(int i, int j) const {
    const int dim = factors_.left.columns(), width = factors_.log_decay.columns();
    double sum = 0;
    for (int d = 0; d < dim; ++d) {
      double term = unit_.rounded(factors_.left(i, d) * factors_.right(j, d));
      if (width > 0) {
        const int at = width == 1 ? 0 : d;
        term = unit_.rounded(term * power(unit_.rounded(upper_(i, at) - lower_(j, at))));
      }
      sum = unit_.rounded(sum + term);
    }
    return sum;
  }

  const GatedFactors& factors_;
  const Formation& formation_;
  ProductUnit unit_;
  Matrix upper_, lower_;
};

}  // namespace

Matrix form_anchored(const GatedFactors& factors, Triangle triangle, const Formation& formation,
                     Machines& machines) {
  return AnchoredProduct(factors, formation, machines).form(triangle);
}

}  // namespace tristab
