#include "tristab/choose/recommend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tristab/base/errors.h"
#include "tristab/base/interruption.h"
#include "tristab/choose/explain.h"

namespace tristab {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kMostExplained = 8;  // cheaper settings of which it is said why they fail

// The k-th of `taken` matrices spread over `count`.
int spread(int k, int taken, int count) { return static_cast<int>(std::int64_t{k} * count / taken); }

class Recommender {
 public:
  Recommender(const RecommendRequest& request, int n, const std::function<void(const RecommendProgress&)>& progress,
              const std::atomic<bool>& stop)
      : request_(request), n_(n), progress_(progress), stop_(stop), pool_(*request.scenario) {
    result_.n = n;
  }

  Recommendation run() {
    open_inputs();
    const Recipe* yardstick = request_.scenario->requirement.recipe();
    if (yardstick != nullptr) yardstick->check_takes(std::span(&n_, 1), "--require");
    SpaceRequest wanted = request_.space;
    wanted.n = n_;
    if (request_.calibration) {
      const FamilyEntry& family = *request_.calibration;
      const std::unique_ptr<Source> source =
          open_source(family.spec, request_.scenario->seed, request_.scenario->trials, family.directory, family.place);
      const int count = source->count(n_), taken = std::min(count, request_.scenario->trials);
      for (int k = 0; k < taken; ++k) wanted.calibration.push_back(source->problem(n_, spread(k, taken, count)).a);
    }
    space_ = request_.like ? std::make_shared<const SettingSpace>(wanted, *request_.like)
                           : std::make_shared<const SettingSpace>(wanted);
    search_ = std::make_unique<FrontSearch>(space_->candidates(), pool_);
    std::vector<std::size_t> front;
    std::size_t winner = kNone;
    // A would-be winner that fails on what is hunted for it is out, and all others are tried on that input.
    for (bool settled = false; !settled;) {
      front = search_->front(
          request_.exhaustive,
          [&](const FrontProgress& done) {
            report("settings", static_cast<double>(done.done) / static_cast<double>(done.all));
          },
          &stop_);
      const auto first = std::ranges::find_if(front, [&](std::size_t k) { return search_->state(k).worst_share <= 1; });
      winner = first != front.end() ? *first : kNone;
      settled = winner == kNone || !request_.hunts || survives(winner);
    }
    result_.settings = space_->candidates().size();
    result_.duplicates = space_->duplicates();
    for (const std::size_t k : front) {
      result_.front.push_back(looked_at(k, false));
      if (k == winner) result_.winner = result_.front.back() = with_hunts(std::move(result_.front.back()));
    }
    for (const std::size_t k : cheaper_ones(winner)) result_.cheaper.push_back(looked_at(k, true));
    for (std::size_t group = 0; winner != kNone && group < pool_.groups().size(); ++group) {
      if (pool_.groups()[group].hunted || pool_.count(group) == 0) continue;
      const std::size_t k = search_->cheapest_on(group, winner);
      if (k < winner && search_->costs_less(k, winner)) result_.would_do.push_back({group, space_->candidates()[k]});
    }
    result_.space = space_;
    result_.groups = pool_.groups();
    result_.inputs.assign(result_.groups.size(), 0);
    for (int input = 0; input < pool_.size(); ++input) ++result_.inputs[pool_.group_of(input)];
    result_.evaluations = pool_.evaluations();
    return std::move(result_);
  }

 private:
  void report(const char* phase, double fraction) const {
    if (progress_) progress_({n_, phase, fraction, static_cast<int>(result_.hunts.size())});
  }

  void open_inputs() {
    for (const FamilyEntry& family : request_.scenario->families) {
      sources_.push_back(
          open_source(family.spec, request_.scenario->seed, request_.scenario->trials, family.directory, family.place));
      const Source& source = *sources_.back();
      const int count = source.count(n_), taken = std::min(count, request_.scenario->trials);
      if (count == 0) {
        result_.notes.push_back(fmt::format("{} has no matrix of size {}.", family.spec.label, n_));
        continue;
      }
      const std::size_t group = pool_.add_group({family.spec.label, false});
      int kept = 0;
      for (int k = 0; k < taken; ++k) kept += pool_.add(group, source.problem(n_, spread(k, taken, count))) ? 1 : 0;
      if (taken < count)
        result_.notes.push_back(
            fmt::format("{}: {} of its {} matrices, spread over it.", family.spec.label, taken, count));
      if (kept < taken)
        result_.notes.push_back(
            fmt::format("{}: {} of {} inputs show nothing, for their inverse is the identity to fp32.",
                        family.spec.label, taken - kept, taken));
      if (kept == 0) continue;
      if (!request_.hunts) continue;
      if (source.problem(n_, 0).tokens == nullptr) {
        result_.notes.push_back(
            fmt::format("No hunt for {}: matrices say nothing of the keys that made them.", family.spec.label));
        continue;
      }
      InputSpace space;
      try {
        space = measured_space(source, n_, family.place);
      } catch (const UsageError& error) {
        result_.notes.push_back(fmt::format("No hunt for {}: {}.", family.spec.label, error.what()));
        continue;
      }
      if (request_.rate) space.rate = *request_.rate;
      if (request_.log_decay) space.log_decay = *request_.log_decay;
      if (request_.cosine) space.cosine = *request_.cosine;
      check_space(space, family.place);
      // Families of the same ranges need one hunt.
      if (std::ranges::none_of(spaces_, [&](const auto& other) { return other.second == space; }))
        spaces_.emplace_back(family.spec.label, space);
    }
    if (pool_.size() == 0)
      throw UsageError(
          fmt::format("recommend: found no matrix of size {} that shows anything; allowed: inputs whose "
                      "inverse is more than the identity to fp32",
                      n_));
  }

  // Hunts in every space; what makes it fail joins the inputs.
  bool survives(std::size_t k) {
    const Candidate& candidate = space_->candidates()[k];
    bool survived = true;
    for (const auto& [family, space] : spaces_) {
      report("hunt", 0);
      const Recipe recipe = candidate.recipe("candidate", n_);
      HuntRequest hunted;
      hunted.setting = Setting::of(recipe);
      hunted.space = space;
      hunted.objective = make_objective("requirement_share", "recommend");
      hunted.requirement = request_.scenario->requirement;
      hunted.seed = request_.scenario->seed;
      hunted.evaluations = request_.evaluations;
      hunted.stop_at = 1;
      HuntResult found = hunt(
          hunted,
          [&](std::int64_t done, double) {
            report("hunt", static_cast<double>(done) / static_cast<double>(request_.evaluations));
          },
          &stop_);
      if (found.stopped) throw Stopped{};
      const double share = found.worst ? found.worst->value : 0;
      HuntNote note{candidate.label(), share, 0, found.evaluations, family, ""};
      if (found.worst) {
        note.error = found.worst->record().total_frobenius.value;
        note.strategy = found.worst->strategy;
      }
      result_.hunts.push_back(std::move(note));
      if (share <= 1) continue;
      if (!hunted_group_) hunted_group_ = pool_.add_group({"hunted", true});
      pool_.add(*hunted_group_, token_source({found.worst->tokens})->problem(n_, 0));
      for (const HuntFind& other : found.others) {
        if (other.value > 1) pool_.add(*hunted_group_, token_source({other.tokens})->problem(n_, 0));
      }
      // Draws of stochastic rounding may be kinder the second time.
      if (search_->complete(k).worst_share > 1) survived = false;
    }
    return survived;
  }

  // Of each method, or change, that is cheaper than the winner the setting that comes nearest; without a winner, of
  // each.
  std::vector<std::size_t> cheaper_ones(std::size_t winner) {
    const std::vector<Candidate>& all = space_->candidates();
    std::map<std::string, std::vector<std::size_t>> groups;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (winner != kNone && !search_->costs_less(k, winner)) break;
      groups[request_.like ? all[k].label() : all[k].method->name].push_back(k);
    }
    std::vector<std::size_t> chosen;
    for (const auto& [name, group] : groups) chosen.push_back(search_->nearest(group));
    std::ranges::stable_sort(chosen, {}, [&](std::size_t k) { return search_->state(k).worst_share; });
    if (chosen.size() > kMostExplained) chosen.resize(kMostExplained);
    std::ranges::sort(chosen);
    return chosen;
  }

  std::string name_of(int input) const {
    const InputGroup& group = pool_.groups()[pool_.group_of(input)];
    return group.hunted ? "a hunted input" : pool_.problem(input).id;
  }

  // The margin counts what was hunted for it as well.
  ChosenSetting with_hunts(ChosenSetting chosen) const {
    for (const HuntNote& note : result_.hunts) {
      if (note.setting != chosen.candidate.label() || note.share <= chosen.share) continue;
      chosen.share = note.share;
      chosen.error = std::max(chosen.error, note.error);
      chosen.worst = "a hunted input";
    }
    return chosen;
  }

  ChosenSetting looked_at(std::size_t k, bool explained) {
    const CandidateState& state = search_->complete(k);
    ChosenSetting choice;
    choice.candidate = space_->candidates()[k];
    choice.by_group.assign(pool_.groups().size(), 0);
    int worst = 0;
    std::vector<double> shares;
    for (int input = 0; input < pool_.size(); ++input) {
      const Taken trial = pool_.evaluate(choice.candidate, input);
      double& group = choice.by_group[pool_.group_of(input)];
      group = std::max(group, trial.share);
      choice.error = std::max(choice.error, trial.error);
      shares.push_back(trial.share);
      if (trial.share > shares[static_cast<std::size_t>(worst)]) worst = input;
    }
    choice.share = shares[static_cast<std::size_t>(worst)];
    choice.worst = name_of(worst);
    if (state.failing_input >= 0) choice.missed = name_of(state.failing_input);
    if (explained && !choice.fits())
      choice.why = why_it_misses(choice.candidate, pool_.problem(worst), *request_.scenario);
    return choice;
  }

  const RecommendRequest& request_;
  const int n_;
  const std::function<void(const RecommendProgress&)>& progress_;
  const std::atomic<bool>& stop_;
  InputPool pool_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::pair<std::string, InputSpace>> spaces_;  // what the models of the inputs can make
  std::optional<std::size_t> hunted_group_;
  std::shared_ptr<const SettingSpace> space_;
  std::unique_ptr<FrontSearch> search_;
  Recommendation result_;
};

}  // namespace

double ChosenSetting::margin_bits() const { return -std::log2(share); }

std::vector<Recommendation> recommend(const RecommendRequest& request, std::span<const int> sizes,
                                      const std::function<void(const RecommendProgress&)>& progress,
                                      const std::atomic<bool>& stop) {
  std::vector<Recommendation> all;
  for (const int n : sizes) all.push_back(Recommender(request, n, progress, stop).run());
  return all;
}

}  // namespace tristab
