#include "tristab/hunt/elites.h"

#include <algorithm>
#include <cmath>

namespace tristab {

int kind_of(const InputSpace& space, const Trial& trial) {
  const Matrix& keys = directions_of(trial.tokens);
  const int n = keys.rows(), dim = keys.columns();
  double common = 0, alternating = 0;
  for (int d = 0; d < dim; ++d) {
    double sum = 0, signed_sum = 0;
    for (int t = 0; t < n; ++t) {
      sum += keys(t, d);
      signed_sum += t % 2 == 0 ? keys(t, d) : -keys(t, d);
    }
    common += sum * sum;
    alternating += signed_sum * signed_sum;
  }
  const double scale = 1.0 / (static_cast<double>(n) * n);
  const auto mean = [](const Matrix& x) {
    double sum = 0;
    for (const double value : x.values()) sum += value;
    return x.values().empty() ? 0.0 : sum / static_cast<double>(x.values().size());
  };
  common *= scale;
  const int cosines = common < 0.1 ? 0 : common < 0.5 ? 1 : common < 0.9 ? 2 : 3;
  const double width = space.rate.high - space.rate.low;
  const double rate = width > 0 ? (mean(rate_of(trial.tokens)) - space.rate.low) / width : 1;
  const int rates = rate < 0.5 ? 0 : rate < 0.98 ? 1 : 2;
  const int decays = mean(trial.tokens.log_decay) > -0.01 ? 1 : 0;
  const int alternates = alternating * scale > 0.5 ? 1 : 0, finite = std::isinf(trial.badness()) ? 0 : 1;
  return (((cosines * 2 + alternates) * 3 + rates) * 2 + decays) * 2 + finite;
}

bool Elites::add(const Trial& trial) {
  if (!trial.evaluation.counts()) return false;
  const Trial* before = worst();
  const bool worse = before == nullptr || trial.badness() > before->badness();
  const int kind = kind_of(*space_, trial);
  const auto found = of_kind_.find(kind);
  if (found == of_kind_.end()) {
    of_kind_.emplace(kind, trial);
  } else if (trial.evaluation.score() > found->second.evaluation.score()) {
    found->second = trial;
  }
  return worse;
}

std::vector<const Trial*> Elites::ranked() const {
  std::vector<const Trial*> all;
  for (const auto& [kind, trial] : of_kind_) all.push_back(&trial);
  std::ranges::stable_sort(all, [](const Trial* x, const Trial* y) {
    const double of_x = x->evaluation.score(), of_y = y->evaluation.score();
    return of_x != of_y ? of_x > of_y : x->evaluation_number < y->evaluation_number;
  });
  return all;
}

const Trial* Elites::worst() const {
  const std::vector<const Trial*> all = ranked();
  return all.empty() ? nullptr : all.front();
}

}  // namespace tristab
