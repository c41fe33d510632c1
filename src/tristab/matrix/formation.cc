#include "tristab/matrix/formation.h"

#include <stdexcept>

#include "tristab/base/elementary.h"
#include "tristab/matrix/sum.h"

namespace tristab {
namespace {

// G_i = g_0 + ... + g_i, column by column.
Matrix cumulative_sum(const Matrix& log_decay) {
  Matrix sums = log_decay;
  for (int i = 1; i < sums.rows(); ++i) {
    for (int d = 0; d < sums.columns(); ++d) sums(i, d) += sums(i - 1, d);
  }
  return sums;
}

void check_rows(const Matrix& keys, const std::vector<double>& beta) {
  if (beta.size() != static_cast<std::size_t>(keys.rows())) throw std::logic_error("one beta a key");
}

}  // namespace

Matrix delta_net_matrix(const Matrix& keys, const std::vector<double>& beta) {
  check_rows(keys, beta);
  const auto dim = static_cast<std::size_t>(keys.columns());
  Matrix a(keys.rows(), keys.rows());
  for (int i = 0; i < keys.rows(); ++i) {
    for (int j = 0; j < i; ++j)
      a(i, j) = beta[static_cast<std::size_t>(i)] * dot(keys.row(i), keys.row(j), dim);
  }
  return a;
}

Matrix gated_delta_net_matrix(const Matrix& keys, const std::vector<double>& beta, const Matrix& log_decay) {
  if (log_decay.rows() != keys.rows() || log_decay.columns() != 1)
    throw std::logic_error("one log decay a key");
  Matrix a = delta_net_matrix(keys, beta);
  const Matrix sums = cumulative_sum(log_decay);
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < i; ++j) a(i, j) *= exponential(sums(i, 0) - sums(j, 0));
  }
  return a;
}

Matrix kimi_delta_matrix(const Matrix& keys, const std::vector<double>& beta, const Matrix& log_decay) {
  check_rows(keys, beta);
  if (log_decay.rows() != keys.rows() || log_decay.columns() != keys.columns()) {
    throw std::logic_error("one log decay a key and channel");
  }
  const Matrix sums = cumulative_sum(log_decay);
  const auto dim = static_cast<std::size_t>(keys.columns());
  Matrix a(keys.rows(), keys.rows());
  std::vector<double> decayed(dim);  // k_jd exp(G_id - G_jd)
  for (int i = 0; i < keys.rows(); ++i) {
    for (int j = 0; j < i; ++j) {
      for (int d = 0; d < keys.columns(); ++d) {
        decayed[static_cast<std::size_t>(d)] = keys(j, d) * exponential(sums(i, d) - sums(j, d));
      }
      a(i, j) = beta[static_cast<std::size_t>(i)] * dot(keys.row(i), decayed.data(), dim);
    }
  }
  return a;
}

Matrix delta_rule_matrix(const ChunkInputs& inputs) {
  if (inputs.log_decay.columns() == 0) return delta_net_matrix(inputs.keys, inputs.beta);
  if (inputs.log_decay.columns() == 1)
    return gated_delta_net_matrix(inputs.keys, inputs.beta, inputs.log_decay);
  return kimi_delta_matrix(inputs.keys, inputs.beta, inputs.log_decay);
}

}  // namespace tristab
