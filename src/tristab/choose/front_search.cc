#include "tristab/choose/front_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tristab/base/for_all.h"
#include "tristab/base/interruption.h"

namespace tristab {
namespace {

constexpr double kStep = 0.70710678118654752;  // half a bit: what is no better than that is no step of the front
constexpr double kEnough = 0x1p-8;             // the front ends where 8 bits are to spare
constexpr std::size_t kTogether = 128;         // candidates that are tried before the limit is set anew

bool same_cost(const Candidate& x, const Candidate& y) { return x.cost() == y.cost(); }

}  // namespace

FrontSearch::FrontSearch(const std::vector<Candidate>& candidates, const InputPool& pool)
    : candidates_(candidates), pool_(pool), states_(candidates.size()) {}

// Until all inputs are tried, or the share on one of them is at least `limit`.
void FrontSearch::try_until(std::size_t candidate, double limit) {
  CandidateState& state = states_[candidate];
  state.tried.resize(static_cast<std::size_t>(pool_.size()));
  for (const int input : order_) {
    if (state.worst_share >= limit) return;
    if (state.tried[static_cast<std::size_t>(input)]) continue;
    const Taken trial = pool_.evaluate(candidates_[candidate], input);
    state.tried[static_cast<std::size_t>(input)] = true;
    if (!(trial.share <= 1) && state.failing_input < 0) state.failing_input = input;
    if (state.worst_input < 0 || trial.share >= state.worst_share) {
      state.worst_share = trial.share;
      state.worst_input = input;
    }
  }
}

// Which inputs come first changes what is tried, never what is found.
void FrontSearch::order_inputs() {
  const int before = static_cast<int>(order_.size());
  order_.resize(static_cast<std::size_t>(pool_.size()));
  decisions_.resize(order_.size());
  std::iota(order_.begin() + before, order_.end(), before);
  // New inputs were hunted: they decide much.
  std::stable_sort(order_.begin(), order_.end(), [&](int x, int y) {
    const auto rank = [&](int input) {
      return std::pair(input < before, -decisions_[static_cast<std::size_t>(input)]);
    };
    return rank(x) < rank(y);
  });
}

const CandidateState& FrontSearch::complete(std::size_t candidate) {
  order_inputs();
  try_until(candidate, HUGE_VAL);
  return states_[candidate];
}

bool FrontSearch::costs_less(std::size_t x, std::size_t y) const {
  return candidates_[x].cost() < candidates_[y].cost();
}

std::size_t FrontSearch::nearest(std::vector<std::size_t> among) {
  order_inputs();
  const auto bound = [&](std::size_t k) { return states_[k].worst_share; };
  std::stable_sort(among.begin(), among.end(), [&](std::size_t x, std::size_t y) { return bound(x) < bound(y); });
  std::size_t best = among.front();
  double least = HUGE_VAL;
  for (std::size_t begin = 0; begin < among.size() && bound(among[begin]) < least; begin += kTogether) {
    const std::size_t end = std::min(among.size(), begin + kTogether);
    for_all(begin, end, [&](std::size_t k) { try_until(among[k], least); });
    for (std::size_t k = begin; k < end; ++k) {
      if (bound(among[k]) >= least) continue;
      least = bound(among[k]);
      best = among[k];
    }
  }
  return best;
}

std::size_t FrontSearch::cheapest_on(std::size_t group, std::size_t last) const {
  for (std::size_t begin = 0; begin < last; begin += kTogether) {
    const std::size_t end = std::min(last, begin + kTogether);
    std::vector<char> fits(end - begin, 1);
    for_all(begin, end, [&](std::size_t k) {
      const int known = states_[k].failing_input;
      if (known >= 0 && pool_.group_of(known) == group) fits[k - begin] = 0;
      for (int input = 0; fits[k - begin] != 0 && input < pool_.size(); ++input) {
        if (pool_.group_of(input) == group && !(pool_.evaluate(candidates_[k], input).share <= 1)) fits[k - begin] = 0;
      }
    });
    const auto first = std::ranges::find(fits, 1);
    if (first != fits.end()) return begin + static_cast<std::size_t>(first - fits.begin());
  }
  return last;
}

std::vector<std::size_t> FrontSearch::front(bool exhaustive, const std::function<void(const FrontProgress&)>& progress,
                                            const std::atomic<bool>* stop) {
  order_inputs();
  std::vector<std::size_t> front;
  double best = HUGE_VAL;                // the smallest share of a decided candidate
  std::map<std::string, double> floors;  // what no result of a format falls below
  const auto floor_of = [&](const Format& format) {
    const auto [found, fresh] = floors.try_emplace(format.name, 0.0);
    for (int input = 0; fresh && input < pool_.size(); ++input)
      found->second = std::max(found->second, pool_.least_share(format, input));
    return found->second;
  };
  // What the next candidate must fall below: `least` within its cost, or a step below what is cheaper.
  const auto step_below = [](double share) {
    return share > 1 ? std::max(kStep * share, std::nextafter(1.0, 2.0)) : kStep * share;
  };
  double least = HUGE_VAL;
  std::size_t chosen = candidates_.size();  // the best of its cost so far
  const auto close_cost = [&] {
    if (chosen < candidates_.size()) {
      front.push_back(chosen);
      best = least;
    }
    chosen = candidates_.size();
    least = step_below(best);
  };
  for (std::size_t begin = 0; begin < candidates_.size() && (exhaustive || best > kEnough); begin += kTogether) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) throw Stopped{};
    const std::size_t end = std::min(candidates_.size(), begin + kTogether);
    for (std::size_t k = begin; k < end && !exhaustive; ++k)
      states_[k].worst_share = std::max(states_[k].worst_share, floor_of(candidates_[k].result_format()));
    // Limits only fall: whatever stops at this one is out.
    for_all(begin, end, [&](std::size_t k) { try_until(k, exhaustive ? HUGE_VAL : least); });
    for (std::size_t k = begin; k < end; ++k) {
      if (k > 0 && !same_cost(candidates_[k - 1], candidates_[k])) close_cost();
      if (best <= kEnough) break;
      const CandidateState& state = states_[k];
      if (state.worst_share >= least) {
        if (state.worst_input >= 0) ++decisions_[static_cast<std::size_t>(state.worst_input)];
        continue;
      }
      least = state.worst_share;
      chosen = k;
    }
    std::stable_sort(order_.begin(), order_.end(), [&](int x, int y) {
      return decisions_[static_cast<std::size_t>(x)] > decisions_[static_cast<std::size_t>(y)];
    });
    if (progress) progress({end, candidates_.size()});
  }
  close_cost();
  return front;
}

}  // namespace tristab
