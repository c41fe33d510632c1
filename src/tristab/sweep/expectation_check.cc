#include "tristab/sweep/expectation_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/sweep/quantity.h"
#include "tristab/sweep/trial_statistics.h"

namespace tristab {
namespace {

void refuse_unknown_name(const Json& selection, const std::string& key, const std::set<std::string>& names,
                         const std::string& place) {
  if (selection.is_null() || names.contains(selection[key].get<std::string>())) return;
  throw_unknown_name(fmt::format("{}.{}", place, key), fmt::format("{} of the sweep", key),
                     selection[key].get<std::string>(), std::vector<std::string>(names.begin(), names.end()));
}

bool counts(Statistic::Kind kind, const Record& record) {
  switch (kind) {
    case Statistic::Kind::nonfinite_trials:
      return record.status == Status::nonfinite;
    case Statistic::Kind::failed_trials:
      return record.status == Status::failed;
    case Statistic::Kind::fit:
      return record.fit == Fit::fit;
    case Statistic::Kind::unfit:
      return record.fit == Fit::unfit;
    case Statistic::Kind::trivial:
      return record.trivial();
    case Statistic::Kind::normal:
      return record.for_format == ForFormat::normal;
    case Statistic::Kind::high:
      return record.for_format == ForFormat::high;
    case Statistic::Kind::excessive:
      return record.for_format == ForFormat::excessive;
    default:
      return true;
  }
}

// An expectation about layers does not apply to groups without layers.
bool has_trials_for(const Expectation& expectation, const MatrixGroup& group) {
  return expectation.layer == nullptr || group.sequences > 0;
}

double fraction(const std::vector<double>& values, bool (*holds)(double, double), double limit) {
  const auto count = std::count_if(values.begin(), values.end(), [&](double x) { return holds(x, limit); });
  return static_cast<double>(count) / static_cast<double>(values.size());
}

double statistic_of(const Statistic& statistic, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto sum = [&] { return std::accumulate(values.begin(), values.end(), 0.0); };
  switch (statistic.kind) {
    case Statistic::Kind::median:
      return quantile(values, 0.5);
    case Statistic::Kind::mean:
      return sum() / static_cast<double>(values.size());
    case Statistic::Kind::min:
      return values.front();
    case Statistic::Kind::max:
      return values.back();
    case Statistic::Kind::p5:
      return quantile(values, 0.05);
    case Statistic::Kind::p95:
      return quantile(values, 0.95);
    case Statistic::Kind::fraction_above:
      return fraction(
          values, [](double x, double limit) { return x > limit; }, statistic.limit);
    case Statistic::Kind::fraction_below:
      return fraction(
          values, [](double x, double limit) { return x < limit; }, statistic.limit);
    default:
      return sum();
  }
}

}  // namespace

void refuse_without_group(const Expectation& expectation, std::span<const MatrixGroup> groups) {
  std::set<std::string> kernels, methods, arithmetics, formations, families, labels;
  bool any_layer = false;
  for (const MatrixGroup& group : groups) {
    if (!has_trials_for(expectation, group)) continue;
    any_layer = any_layer || group.sequences > 0;
    const FamilySpec& family = group.family->spec;
    families.insert(family.name);
    for (const Setting& setting : group.scenario->settings(group.n)) {
      if (expectation.selects(family, group.n, setting)) return;
      if (setting.kernel != nullptr) {
        kernels.insert(setting.kernel->name);
      } else {
        methods.insert(setting.method->name);
        arithmetics.insert(setting.arithmetic->name);
        formations.insert(setting.formation->name);
      }
      labels.insert(fmt::format("{} on {}", setting.label(), group.input().label()));
    }
  }
  if (expectation.layer != nullptr && !any_layer) {
    refuse(fmt::format("{}.layer", expectation.place),
           fmt::format("{} in a sweep without layers", expectation.layer->name), "with \"layer\": true");
  }
  refuse_unknown_name(expectation.kernel, "kernel", kernels, expectation.place);
  refuse_unknown_name(expectation.method, "method", methods, expectation.place);
  refuse_unknown_name(expectation.arithmetic, "arithmetic", arithmetics, expectation.place);
  refuse_unknown_name(expectation.formation, "formation", formations, expectation.place);
  refuse_unknown_name(expectation.family, "family", families, expectation.place);
  refuse(expectation.place, "a selection that fits no case",
         fmt::format("one that fits some of the sweep's cases ({})",
                     join_names(std::vector<std::string>(labels.begin(), labels.end()))));
}

ExpectationChecker::ExpectationChecker(const Plan& plan) {
  // The groups of a scenario are consecutive, so outcomes are in the order of the configuration.
  for (std::size_t first = 0, last = 0; first < plan.groups.size(); first = last) {
    const Scenario& scenario = *plan.groups[first].scenario;
    while (last < plan.groups.size() && plan.groups[last].scenario == &scenario) ++last;
    for (const Expectation& expectation : scenario.expectations) {
      for (std::size_t g = first; g < last; ++g) {
        const MatrixGroup& group = plan.groups[g];
        if (!has_trials_for(expectation, group)) continue;
        const std::vector<Setting> settings = scenario.settings(group.n);
        for (std::size_t k = 0; k < settings.size(); ++k) {
          if (!expectation.selects(group.family->spec, group.n, settings[k])) continue;
          Watch watch;
          watch.outcome.expectation = &expectation;
          watch.outcome.input = group.input();
          watch.outcome.setting = settings[k];
          watch.setting = k;
          watches_of_group_[g].push_back(watches_.size());
          watches_.push_back(std::move(watch));
        }
      }
    }
  }
}

void ExpectationChecker::append(Watch& watch, double value) {
  const Expectation& expectation = *watch.outcome.expectation;
  ++watch.outcome.trials;
  if (std::isnan(value)) {
    ++watch.outcome.without_value;
    value = expectation.larger_is_better() ? -infinity : infinity;
  }
  watch.values.append(value, spool_);
}

void ExpectationChecker::add(const LayerResult& result) {
  const auto found = watches_of_group_.find(result.group);
  if (found == watches_of_group_.end()) return;
  for (const std::size_t w : found->second) {
    Watch& watch = watches_[w];
    const LayerQuantity* quantity = watch.outcome.expectation->layer;
    if (quantity != nullptr) append(watch, quantity->value(result, result.records[watch.setting]));
  }
}

void ExpectationChecker::add(const MatrixResult& result) {
  const auto found = watches_of_group_.find(result.group);
  if (found == watches_of_group_.end()) return;
  for (const std::size_t w : found->second) {
    Watch& watch = watches_[w];
    const Record& record = result.records[watch.setting];
    const Expectation& expectation = *watch.outcome.expectation;
    if (expectation.layer != nullptr) continue;
    append(watch, expectation.quantity != nullptr              ? expectation.quantity->value(result, record)
                  : counts(expectation.statistic.kind, record) ? 1
                                                               : 0);
  }
}

std::vector<ExpectationOutcome> ExpectationChecker::finish() {
  std::vector<ExpectationOutcome> outcomes;
  for (Watch& watch : watches_) {
    ExpectationOutcome& outcome = watch.outcome;
    outcome.found = statistic_of(outcome.expectation->statistic, watch.values.column(0, spool_));
    if (std::isnan(outcome.found))  // the mean of infinities of both signs
      outcome.found = outcome.expectation->larger_is_better() ? -infinity : infinity;
    outcome.met = outcome.expectation->is_met_by(outcome.found);
    outcomes.push_back(outcome);
  }
  return outcomes;
}

}  // namespace tristab
