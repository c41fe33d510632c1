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

std::vector<Matrix*> TokenInputs::matrices() {
  std::vector<Matrix*> all{&keys, &log_decay, &queries, &values};
  for (auto& [name, x] : parts) all.push_back(&x);
  return all;
}

std::vector<const Matrix*> TokenInputs::matrices() const {
  const std::vector<Matrix*> all = const_cast<TokenInputs*>(this)->matrices();
  return {all.begin(), all.end()};
}

const Matrix& TokenInputs::part(std::string_view name) const {
  const auto found = parts.find(name);
  if (found == parts.end()) throw std::logic_error("tokens without the part " + std::string(name));
  return found->second;
}

TokenInputs token_rows(const TokenInputs& tokens, int first, int count, int rows) {
  TokenInputs some;
  some.rule = tokens.rule;
  some.steps = tokens.steps;
  for (const auto& [name, x] : tokens.parts) some.parts.emplace(name, Matrix());
  const std::vector<const Matrix*> from = tokens.matrices();
  const std::vector<Matrix*> to = some.matrices();
  for (std::size_t m = 0; m < to.size(); ++m) *to[m] = matrix_rows(*from[m], first, count, rows);
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
