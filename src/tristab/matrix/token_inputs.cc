#include "tristab/matrix/token_inputs.h"

#include <algorithm>

namespace tristab {
namespace {

Matrix matrix_rows(const Matrix& x, int first, int count, int rows) {
  if (x.rows() == 0) return x;
  Matrix part(rows, x.columns());
  if (x.columns() > 0)
    std::copy_n(x.row(first), static_cast<std::ptrdiff_t>(count) * x.columns(), part.row(0));
  return part;
}

}  // namespace

TokenInputs token_rows(const TokenInputs& tokens, int first, int count, int rows) {
  TokenInputs part;
  part.rule = tokens.rule;
  part.steps = tokens.steps;
  part.scaled_queries = tokens.scaled_queries;
  for (Matrix TokenInputs::*member :
       {&TokenInputs::keys, &TokenInputs::log_decay, &TokenInputs::queries, &TokenInputs::values,
        &TokenInputs::erase_gate, &TokenInputs::write_gate, &TokenInputs::removal, &TokenInputs::correction,
        &TokenInputs::prediction_keys}) {
    part.*member = matrix_rows(tokens.*member, first, count, rows);
  }
  if (!tokens.beta.empty()) {
    part.beta.assign(tokens.beta.begin() + first, tokens.beta.begin() + first + count);
    part.beta.resize(static_cast<std::size_t>(rows), 0.0);
  }
  return part;
}

Matrix running_sums(const Matrix& log_decay) {
  Matrix sums = log_decay;
  for (int i = 1; i < sums.rows(); ++i) {
    for (int d = 0; d < sums.columns(); ++d) sums(i, d) += sums(i - 1, d);
  }
  return sums;
}

}  // namespace tristab
