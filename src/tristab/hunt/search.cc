#include <algorithm>
#include <cmath>

#include "tristab/base/elementary.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/hunt/strategy.h"

namespace tristab {

Search::Search(const Evaluator& evaluator, const InputSpace& space, Machines& machines, const RandomStream& random,
               std::int64_t quota, const std::atomic<bool>& stop)
    : evaluator_(evaluator),
      space_(space),
      machines_(machines),
      random_(random),
      quota_(quota),
      stop_(stop),
      found_(space) {}

Trial Search::examine(TokenInputs tokens) {
  Trial trial;
  if (done()) return trial;
  ++used_;
  if (!settle(space_, tokens)) return trial;
  try {
    trial.evaluation = evaluator_.evaluate(tokens, machines_);
  } catch (const UsageError&) {  // the method refuses this size: hunt() has seen that it takes the full one
    return trial;
  }
  trial.tokens = std::move(tokens);
  trial.evaluation_number = used_;
  found_.add(trial);
  return trial;
}

Search Search::inside(const InputSpace& space) const {
  Search search(evaluator_, space, machines_, random_, left(), stop_);
  search.next_ = next_;
  return search;
}

double Search::spread(double low, double high) {
  const double from = natural_log(low), to = natural_log(high);
  return exponential(from + (to - from) * uniform());
}

TokenInputs Search::anywhere() {
  TokenInputs tokens = blank_tokens(space_);
  for (double& x : directions_of(tokens).values()) x = normal();
  // Half of the inputs over the whole ranges; half within a part of its own at the upper ends, as heads differ.
  const bool whole = chance(0.5);
  const double of_rates = whole ? 1 : spread(1e-3, 1), of_decays = whole ? 1 : spread(1e-4, 1);
  const auto fill = [&](Matrix& x, const Range& range, double part) {
    for (double& value : x.values()) value = range.high - (range.high - range.low) * part * uniform();
  };
  fill(rate_of(tokens), space_.rate, of_rates);
  fill(tokens.log_decay, space_.log_decay, of_decays);
  return tokens;
}

TokenInputs Search::start(std::span<const Trial* const> elites) {
  if (elites.empty()) return anywhere();
  std::size_t rank = 0;
  while (rank + 1 < elites.size() && chance(0.5)) ++rank;
  return elites[rank]->tokens;
}

int block_of(const HuntRequest& request) {
  const Json& settings = request.setting.method->settings.json();
  const bool named = settings.contains("block") && settings["block"].is_number_integer();
  const int block = named ? settings["block"].get<int>() : request.space.n;
  return std::clamp(block, 2, std::max(2, request.space.n));
}

std::span<const Strategy> strategies() {
  static const std::vector<Strategy> all{random_strategy(), structured_strategy(), moves_strategy(),
                                         direct_strategy(), gradient_strategy(),   transfer_strategy()};
  return all;
}

}  // namespace tristab
