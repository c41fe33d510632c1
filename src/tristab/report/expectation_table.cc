#include "tristab/report/expectation_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/report/table.h"
#include "tristab/sweep/label.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr std::size_t width = 100, setting_width = 30, family_width = 26, statistic_width = 24;

std::string setting_text(const Setting& setting) {
  if (setting.kernel != nullptr) return broken_label(label_of(*setting.kernel), setting_width);
  return fmt::format("{}\n  in {}", broken_label(label_of(*setting.method), setting_width),
                     broken_label(label_of(*setting.arithmetic), setting_width));
}

std::string statistic_text(const Expectation& expectation) {
  const std::string& statistic = expectation.statistic.name;
  if (expectation.quantity == nullptr) return statistic;
  const std::string& quantity = expectation.quantity->name;
  return statistic.size() + quantity.size() < statistic_width ? fmt::format("{} {}", statistic, quantity)
                                                              : fmt::format("{}\n  {}", statistic, quantity);
}

// The outcomes of one scenario.
std::string scenario_text(std::span<const ExpectationOutcome> outcomes) {
  const Scenario& scenario = *outcomes.front().scenario;
  std::string text;
  if (!scenario.name.empty()) {
    text += fmt::format("{}\n", scenario.name);
    if (!scenario.what.empty()) text += wrapped(scenario.what, width, 2);
    if (!scenario.source.empty()) text += wrapped(fmt::format("[{}]", scenario.source), width, 2);
  }
  Table table({{"setting"}, {"input"}, {"statistic"}, {"expected"}, {"found", true}, {""}});
  for (const ExpectationOutcome& outcome : outcomes) {
    table.add_row({setting_text(outcome.setting),
                   broken_label(fmt::format("{} n={}", label_of(*outcome.family), outcome.n), family_width),
                   statistic_text(*outcome.expectation), outcome.expectation->bounds(),
                   expectation_number(outcome.found), outcome.met ? "met" : "NOT MET"});
  }
  text += table.str();
  for (const ExpectationOutcome& outcome : outcomes) {
    if (outcome.without_value > 0 && !outcome.met) {
      text += wrapped(fmt::format("{}: {} of {} trials have no {} and count as infinitely bad",
                                  outcome.expectation->place, outcome.without_value, outcome.trials,
                                  outcome.expectation->quantity->name),
                      width, 0);
    }
    if (!outcome.met && !outcome.expectation->why.empty()) {
      text += wrapped(
          fmt::format("{}: expected because {}", outcome.expectation->place, outcome.expectation->why), width,
          0);
    }
  }
  return text;
}

}  // namespace

std::string expectations_table(std::span<const ExpectationOutcome> outcomes) {
  std::string text;
  for (std::size_t first = 0, last = 0; first < outcomes.size(); first = last) {
    while (last < outcomes.size() && outcomes[last].scenario == outcomes[first].scenario) ++last;
    text += scenario_text(outcomes.subspan(first, last - first)) + "\n";
  }
  const auto met =
      std::count_if(outcomes.begin(), outcomes.end(), [](const ExpectationOutcome& o) { return o.met; });
  return text + fmt::format("{} of {} expectations met\n", met, outcomes.size());
}

}  // namespace tristab
