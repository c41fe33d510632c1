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
  const auto rows_of = [&](const Matrix& x) { return matrix_rows(x, first, count, rows); };
  TokenInputs some{.rule = tokens.rule,
                   .keys = rows_of(tokens.keys),
                   .log_decay = rows_of(tokens.log_decay),
                   .queries = rows_of(tokens.queries),
                   .values = rows_of(tokens.values),
                   .parts = {},
                   .steps = tokens.steps};
  for (const auto& [name, x] : tokens.parts) some.parts.emplace(name, rows_of(x));
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
