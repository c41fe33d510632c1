#include "tristab/layer/layer_truth.h"

#include <mpfr.h>

#include <algorithm>
#include <cmath>

#include "tristab/layer/recurrence.h"

namespace tristab {

long double exponential_of(const long double& x) {
  mpfr_t power;
  mpfr_init2(power, 64);
  mpfr_set_ld(power, x, MPFR_RNDN);
  mpfr_exp(power, power, MPFR_RNDN);
  const long double result = mpfr_get_ld(power, MPFR_RNDN);
  mpfr_clear(power);
  return result;
}

namespace {

// X in (I + A) X = B, row after row in long double. B is n x columns, given by its elements (i, c).
template <typename Element>
void substitute(const Matrix& a, int columns, Element element, int first_row, Matrix& out) {
  const int n = a.rows();
  std::vector<long double> x(static_cast<std::size_t>(n) * static_cast<std::size_t>(columns));
  const auto at = [&](int i, int c) -> long double& {
    return x[static_cast<std::size_t>(i) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(c)];
  };
  for (int i = 0; i < n; ++i) {
    for (int c = 0; c < columns; ++c) at(i, c) = element(i, c);
    for (int j = 0; j < i; ++j) {
      const long double factor = a(i, j);
      if (factor == 0) continue;
      for (int c = 0; c < columns; ++c) at(i, c) -= factor * at(j, c);
    }
    if (first_row + i >= out.rows()) continue;
    for (int c = 0; c < columns; ++c) out(first_row + i, c) = static_cast<double>(at(i, c));
  }
}

void solve_chunk(const TokenInputs& chunk, int first_row, LayerTruth& truth) {
  const GatedFactors factors = factors_of(chunk);
  const Matrix a = gated_product(factors, Triangle::strictly_lower), sums = left_sums(factors);
  const int width = sums.columns(), n = chunk.rows();
  const auto scale = [&](int i) {
    return factors.scale.empty() ? 1.0L : static_cast<long double>(factors.scale[static_cast<std::size_t>(i)]);
  };
  std::vector<long double> decays(static_cast<std::size_t>(n) * static_cast<std::size_t>(std::max(width, 1)), 1.0L);
  for (std::size_t i = 0; i < sums.values().size(); ++i)
    decays[i] = exponential_of(static_cast<long double>(sums.values()[i]));
  substitute(
      a, factors.left.columns(),
      [&](int i, int d) {
        const std::size_t at = width > 1 ? static_cast<std::size_t>(i * width + d) : static_cast<std::size_t>(i);
        return scale(i) * factors.left(i, d) * decays[at];
      },
      first_row, truth.w);
  if (chunk.rule->write_gate.empty()) {
    GatedFactors keys = factors;
    keys.right = chunk.keys;
    const Matrix of_keys = gated_product(keys, Triangle::strictly_lower);
    const auto read_values = [&](int i, int v) {
      long double sum = 0;
      for (int j = 0; j < i; ++j) sum -= static_cast<long double>(of_keys(i, j)) * chunk.values(j, v);
      return sum;
    };
    return substitute(a, chunk.values.columns(), read_values, first_row, truth.u);
  }
  const Matrix& gates = chunk.part(chunk.rule->write_gate);
  const auto gated_values = [&](int i, int v) {
    return static_cast<long double>(gates(i, gates.columns() == 1 ? 0 : v)) * chunk.values(i, v);
  };
  substitute(a, chunk.values.columns(), gated_values, first_row, truth.u);
}

}  // namespace

Matrix inverse_by_substitution(const Matrix& a) {
  Matrix inverse(a.rows(), a.rows());
  substitute(
      a, a.rows(), [](int i, int c) { return i == c ? 1.0L : 0.0L; }, 0, inverse);
  return inverse;
}

LayerTruth establish_layer_truth(const TokenInputs& tokens, int n, const Matrix* initial) {
  const int rows = tokens.rows(), keys = tokens.keys.columns(), values = tokens.values.columns();
  LayerTruth truth;
  truth.w = Matrix(rows, keys);
  truth.u = Matrix(rows, values);
  truth.o = Matrix(rows, values);
  truth.chunks = (rows + n - 1) / n;
  const std::vector<int> reported = reported_chunks(truth.chunks);
  Recurrence<long double> recurrence(tokens, exponential_of);
  if (initial != nullptr) recurrence.start_from(*initial);
  for (int first = 0; first < rows; first += n) {
    const int count = std::min(n, rows - first);
    solve_chunk(token_rows(tokens, first, count, count), first, truth);
    for (int t = first; t < first + count; ++t) {
      recurrence.advance(t);
      const std::vector<long double> o = recurrence.outputs();
      std::transform(o.begin(), o.end(), truth.o.row(t), [](long double x) { return static_cast<double>(x); });
    }
    Matrix state(keys, values);
    for (int d = 0; d < keys; ++d) {
      for (int v = 0; v < values; ++v) {
        state(d, v) = static_cast<double>(recurrence.state(d, v));
        truth.state_max = std::max(truth.state_max, std::fabs(state(d, v)));
      }
    }
    const int done = first / n + 1;
    if (std::ranges::count(reported, done) > 0) truth.states.push_back(std::move(state));
  }
  return truth;
}

std::vector<int> reported_chunks(int chunks) {
  std::vector<int> list;
  for (int count = 1; count < chunks; count *= 2) list.push_back(count);
  list.push_back(chunks);
  return list;
}

}  // namespace tristab
