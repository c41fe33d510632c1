#include "tristab/hunt/hunt.h"

#include <fmt/format.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tristab/base/errors.h"
#include "tristab/base/for_all.h"
#include "tristab/base/json.h"
#include "tristab/hunt/hunt_state.h"
#include "tristab/hunt/strategy.h"

namespace tristab {
namespace {

constexpr int tasks_of_round = 8;
constexpr std::int64_t quota_of_task = 64;

// One task of a round: a strategy with its part of the budget.
struct Task {
  std::size_t strategy = 0;
  std::int64_t quota = 0;
  std::vector<Trial> kept;
  std::int64_t used = 0;
};

std::size_t index_of(const char* name) {
  const std::span<const Strategy> all = strategies();
  return static_cast<std::size_t>(std::ranges::find(all, std::string_view(name), &Strategy::name) - all.begin());
}

// Which strategies the tasks of a round follow: starts first, later one task for each kind of search, and two more for
// those that improved most lately.
std::vector<std::size_t> plan_round(const HuntState& state, const HuntRequest& request) {
  if (request.only_draws) return std::vector<std::size_t>(tasks_of_round, index_of("random"));
  const bool only_random = request.only_random;
  const std::size_t start = only_random ? index_of("random") : index_of("structured");
  if (state.round == 0) {
    std::vector<std::size_t> plan(tasks_of_round, start);
    for (int k = 0; k < tasks_of_round / 2; ++k) plan[2 * static_cast<std::size_t>(k) + 1] = index_of("gradient");
    plan[0] = index_of("random");
    return plan;
  }
  std::vector<std::size_t> plan{index_of("moves"),    index_of("moves"),    index_of("direct"),
                                index_of("gradient"), index_of("transfer"), start};
  std::vector<std::size_t> order;
  for (std::size_t s = 0; s < strategies().size(); ++s) {
    if (!(only_random && strategies()[s].structured)) order.push_back(s);
  }
  std::ranges::stable_sort(order, [&](std::size_t x, std::size_t y) { return state.credit[x] > state.credit[y]; });
  plan.push_back(order[0]);
  plan.push_back(state.credit[order[0]] > 0 ? order[0] : index_of("moves"));
  return plan;
}

class Hunt {
 public:
  Hunt(const HuntRequest& request, const HuntProgress& progress, const std::atomic<bool>* stop)
      : request_(request),
        progress_(progress),
        outside_(stop),
        evaluator_(request),
        start_(std::chrono::steady_clock::now()),
        state_{0, 0, Elites(request.space), {}, {}} {
    for (const Strategy& strategy : strategies()) state_.tallies.push_back({strategy.name, 0, 0});
    state_.credit.assign(strategies().size(), 0.0);
    if (!request.state.is_null()) state_ = state_of(request.state, request);
  }

  HuntResult run() {
    // The rounds before the last one are complete; the state is what they leave.
    HuntState complete = state_;
    while (state_.evaluations < request_.evaluations && !has_ended()) {
      const bool whole = request_.evaluations - state_.evaluations >= tasks_of_round * quota_of_task;
      const HuntState before = state_;
      if (!run_round()) {
        state_ = before;
        break;
      }
      if (whole) complete = state_;
    }
    HuntResult result;
    result.evaluations = state_.evaluations;
    result.stopped = is_stopped();
    result.out_of_time = time_is_up();
    result.strategies = state_.tallies;
    result.state = Json(json_of(complete, request_));
    collect(result);
    return result;
  }

 private:
  bool is_stopped() const { return outside_ != nullptr && outside_->load(std::memory_order_relaxed); }

  bool time_is_up() const {
    if (request_.seconds <= 0) return false;
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
    return passed.count() >= request_.seconds;
  }

  // Nothing is worse than a result that is not finite.
  bool has_ended() const {
    if (is_stopped() || time_is_up()) return true;
    const Trial* worst = state_.elites.worst();
    return worst != nullptr && (std::isinf(worst->badness()) || worst->badness() > request_.stop_at);
  }

  // False if it was stopped from outside; then what it has done is lost, because it depends on the moment.
  bool run_round() {
    const std::vector<std::size_t> plan = plan_round(state_, request_);
    std::vector<Task> tasks;
    std::int64_t left = request_.evaluations - state_.evaluations;
    for (const std::size_t strategy : plan) {
      tasks.push_back({strategy, std::min(quota_of_task, left), {}, 0});
      left -= tasks.back().quota;
    }
    const std::vector<const Trial*> elites = state_.elites.ranked();
    static const std::atomic<bool> never{false};
    const std::atomic<bool>& stop = outside_ != nullptr ? *outside_ : never;
    const std::string name = fmt::format("hunt {} round={}", identity_of(request_), state_.round);
    for_all(0, static_cast<int>(tasks.size()), [&](int k) {
      Task& task = tasks[static_cast<std::size_t>(k)];
      if (task.quota == 0) return;
      Search search(evaluator_, request_.space, machines_.local(), RandomStream(fmt::format("{} task={}", name, k)),
                    task.quota, stop);
      strategies()[task.strategy].run(search, request_, elites);
      for (const Trial* trial : search.found().ranked()) task.kept.push_back(*trial);
      task.used = search.used();
    });
    if (is_stopped()) return false;
    merge(tasks);
    return true;
  }

  void merge(std::vector<Task>& tasks) {
    for (double& credit : state_.credit) credit *= 0.8;
    for (Task& task : tasks) {
      const Strategy& strategy = strategies()[task.strategy];
      for (Trial& trial : task.kept) {
        trial.strategy = strategy.name;
        trial.evaluation_number += state_.evaluations;
        if (!state_.elites.add(trial)) continue;
        ++state_.tallies[task.strategy].improved;
        state_.credit[task.strategy] += 1;
      }
      state_.evaluations += task.used;
      state_.tallies[task.strategy].evaluations += task.used;
    }
    ++state_.round;
    const Trial* worst = state_.elites.worst();
    if (progress_ && worst != nullptr) progress_(state_.evaluations, worst->badness());
  }

  void collect(HuntResult& result) {
    Machines machines;
    for (const Trial* trial : state_.elites.ranked()) {
      HuntFind find = evaluator_.evaluate_again(trial->tokens, machines);
      find.strategy = trial->strategy;
      find.evaluation = trial->evaluation_number;
      const bool finite = std::isfinite(find.value);
      if (!result.worst) {
        result.worst = std::move(find);
        continue;
      }
      if (finite && !result.worst_finite && !std::isfinite(result.worst->value)) result.worst_finite = find;
      result.others.push_back(std::move(find));
    }
  }

  const HuntRequest& request_;
  const HuntProgress& progress_;
  const std::atomic<bool>* outside_;
  Evaluator evaluator_;
  std::chrono::steady_clock::time_point start_;
  oneapi::tbb::enumerable_thread_specific<Machines> machines_;
  HuntState state_;
};

}  // namespace

HuntResult hunt(const HuntRequest& request, const HuntProgress& progress, const std::atomic<bool>* stop) {
  check_space(request.space, "the space");
  if (request.objective.needs_second() && !request.second)
    refuse("the objective", fmt::format("{} without a second setting", request.objective.name), "a second setting");
  TokenInputs tokens = blank_tokens(request.space);
  settle(request.space, tokens);
  const Evaluator evaluator(request);
  Machines machines;
  evaluator.evaluate(tokens, machines);  // throws what the method refuses
  const HuntFind find = evaluator.evaluate_again(tokens, machines);
  if (find.record().status == Status::failed) throw UsageError(find.record().message);
  const int threads = request.jobs > 0 ? request.jobs : oneapi::tbb::info::default_concurrency();
  const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                          static_cast<std::size_t>(threads));
  return Hunt(request, progress, stop).run();
}

double worst_bound_ratio(const HuntResult& result) {
  double worst = 0;
  const auto look_at = [&](const HuntFind& find) {
    const double ratio = find.record().status == Status::nonfinite
                             ? std::numeric_limits<double>::infinity()
                             : find.record().metrics.measured(Metric::bound_ratio).ranked(false);
    if (ratio > worst) worst = ratio;
  };
  if (result.worst) look_at(*result.worst);
  for (const HuntFind& find : result.others) look_at(find);
  return worst;
}

bool is_nothing(const HuntResult& result) {
  const auto is_normal = [](const HuntFind& find) {
    const std::optional<ForFormat>& word = find.record().for_format;
    return !word || *word == ForFormat::normal || *word == ForFormat::trivial;
  };
  return (!result.worst || is_normal(*result.worst)) && std::ranges::all_of(result.others, is_normal);
}

double normal_limit(const HuntRequest& request) {
  for (const auto& [stage, arithmetic] : request.setting.stages()) {
    if (arithmetic->quantiser && !arithmetic->is_block_scaled()) return normal_limit_integer;
  }
  return normal_limit_floating;
}

}  // namespace tristab
