#include "head_statistics.h"

#include <algorithm>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/matrix/condition.h"
#include "tristab/matrix/norms.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {
namespace {

double dot(const Matrix& x, int i, int j) {
  double sum = 0;
  for (int d = 0; d < x.columns(); ++d) sum += x(i, d) * x(j, d);
  return sum;
}

void add_keys(const Matrix& keys, HeadStatistics& head) {
  std::vector<double> norms;
  for (int i = 0; i < keys.rows(); ++i) {
    norms.push_back(std::sqrt(dot(keys, i, i)));
    head.smallest_key = std::min(head.smallest_key, norms.back());
    head.largest_key = std::max(head.largest_key, norms.back());
    for (int j = 0; j < i; ++j) {
      const double product = norms[static_cast<std::size_t>(i)] * norms[static_cast<std::size_t>(j)];
      if (product == 0) continue;
      head.cosine_sum += dot(keys, i, j) / product;
      ++head.pairs;
    }
  }
}

void add_gates(const TokenInputs& tokens, HeadStatistics& head) {
  if (!tokens.rule->erase_rate.empty()) {
    const std::vector<double>& rates = tokens.part(tokens.rule->erase_rate).values();
    head.erase_rates.insert(head.erase_rates.end(), rates.begin(), rates.end());
  }
  const Matrix& g = tokens.log_decay;
  head.decay.insert(head.decay.end(), g.values().begin(), g.values().end());
  for (int d = 0; d < g.columns(); ++d) {
    double sum = 0;
    for (int i = 0; i < g.rows(); ++i) sum += g(i, d);
    head.decay_sums.push_back(sum);
  }
}

}  // namespace

HeadStatistics head_statistics(const LayerTensors& layer, std::int64_t head, int chunk, std::int64_t most) {
  const auto chunks_of = [chunk](const SequenceRows& sequence) {
    return (sequence.end - sequence.begin + chunk - 1) / chunk;
  };
  HeadStatistics found;
  for (const SequenceRows& sequence : layer.sequences()) found.chunks += chunks_of(sequence);
  found.seen = std::min(found.chunks, most);
  auto sequence = layer.sequences().begin();
  std::int64_t before = 0;  // chunks of the sequences before this one
  for (std::int64_t i = 0; i < found.seen; ++i) {
    // i * chunks / seen, without a product that overflows.
    const std::int64_t index = found.chunks / found.seen * i + found.chunks % found.seen * i / found.seen;
    for (; index >= before + chunks_of(*sequence); ++sequence) before += chunks_of(*sequence);
    const std::int64_t first = sequence->begin + (index - before) * chunk;
    const std::int64_t rows = std::min<std::int64_t>(chunk, sequence->end - first);
    TokenInputs tokens;
    Matrix a;
    try {
      tokens = layer.read({sequence->batch, head, first, rows}, static_cast<int>(rows));
      a = delta_rule_matrix(tokens);
    } catch (const InputError&) {  // NaN or infinity: counted by tensor elsewhere
      ++found.non_finite;
      continue;
    }
    const double norm = infinity_norm(a);
    if (!std::isfinite(norm)) {
      ++found.non_finite;
      continue;
    }
    add_keys(tokens.keys, found);
    add_gates(tokens, found);
    found.largest_norm = std::max(found.largest_norm, norm);
    found.conditions.push_back(condition_number_2(a));
  }
  return found;
}

}  // namespace tristab
