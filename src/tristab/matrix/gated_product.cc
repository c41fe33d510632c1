#include "tristab/matrix/gated_product.h"

#include <stdexcept>

#include "tristab/base/elementary.h"
#include "tristab/matrix/sum.h"
#include "tristab/matrix/token_inputs.h"

namespace tristab {
namespace {

void check_shapes(const GatedFactors& factors) {
  const Matrix& left = factors.left;
  const int width = factors.log_decay.columns();
  const bool fits = left.rows() == factors.right.rows() && left.columns() == factors.right.columns() &&
                    factors.log_decay.rows() == left.rows() && (width == 0 || width == 1 || width == left.columns()) &&
                    (factors.scale.empty() || factors.scale.size() == static_cast<std::size_t>(left.rows()));
  if (!fits) throw std::logic_error("factors of different shapes");
}

}  // namespace

Matrix left_sums(const GatedFactors& factors) {
  Matrix sums = running_sums(factors.log_decay);
  if (!factors.left_before_decay) return sums;
  // Sums over the rows before; subtracting g from G instead would round.
  for (int i = sums.rows() - 1; i >= 0; --i) {
    for (int d = 0; d < sums.columns(); ++d) sums(i, d) = i > 0 ? sums(i - 1, d) : 0.0;
  }
  return sums;
}

Matrix right_sums(const GatedFactors& factors) { return running_sums(factors.log_decay); }

Matrix gated_product(const GatedFactors& factors, Triangle triangle) {
  check_shapes(factors);
  const Matrix &left = factors.left, &right = factors.right;
  const Matrix upper = left_sums(factors), lower = right_sums(factors);
  const int n = left.rows(), width = factors.log_decay.columns();
  const auto dim = static_cast<std::size_t>(left.columns());
  Matrix product(n, n);
  std::vector<double> decayed(dim);  // r_jd exp(P_id - G_jd)
  for (int i = 0; i < n; ++i) {
    const int columns = triangle == Triangle::lower ? i + 1 : i;
    for (int j = 0; j < columns; ++j) {
      double value = 0;
      if (width > 1) {
        for (int d = 0; d < width; ++d) {
          decayed[static_cast<std::size_t>(d)] = right(j, d) * exponential(upper(i, d) - lower(j, d));
        }
        value = dot(left.row(i), decayed.data(), dim);
      } else {
        value = dot(left.row(i), right.row(j), dim);
      }
      if (!factors.scale.empty()) value *= factors.scale[static_cast<std::size_t>(i)];
      product(i, j) = width == 1 ? value * exponential(upper(i, 0) - lower(j, 0)) : value;
    }
  }
  return product;
}

}  // namespace tristab
