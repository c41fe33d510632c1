#include "tristab/matrix/token_inputs.h"

#include <algorithm>
#include <stdexcept>

namespace tristab {
namespace {

Matrix matrix_rows(const Matrix& x, int first, int count, int rows) {
  if (x.rows() == 0) return x;
  Matrix part(rows, x.columns());
  if (x.columns() > 0) std::copy_n(x.row(first), static_cast<std::ptrdiff_t>(count) * x.columns(), part.row(0));
  return part;
}

}  // namespace

const Matrix& TokenInputs::part(std::string_view name) const {
  const auto found = parts.find(name);
  if (found == parts.end()) throw std::logic_error("tokens without the part " + std::string(name));
  return found->second;
}

TokenInputs token_rows(const TokenInputs& tokens, int first, int count, int rows) {
  TokenInputs some = tokens;
  for (Matrix* x : {&some.keys, &some.log_decay, &some.queries, &some.values}) *x = matrix_rows(*x, first, count, rows);
  for (auto& [name, x] : some.parts) x = matrix_rows(x, first, count, rows);
  return some;
}

Matrix running_sums(const Matrix& log_decay) {
  Matrix sums = log_decay;
  for (int i = 1; i < sums.rows(); ++i) {
    for (int d = 0; d < sums.columns(); ++d) sums(i, d) += sums(i - 1, d);
  }
  return sums;
}

}  // namespace tristab
