#include "tristab/report/expectation_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tristab/report/table.h"
#include "tristab/sweep/label.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

constexpr std::size_t width = 100, setting_width = 36;

std::string input_text(const ExpectationOutcome& outcome) {
  const bool layer = outcome.expectation->layer != nullptr;
  const bool one = outcome.trials == 1;
  return fmt::format("{}, n = {}, {} {}", label_of(*outcome.family), outcome.n, outcome.trials,
                     layer ? (one ? "sequence" : "sequences") : (one ? "matrix" : "matrices"));
}

// The inputs of a scenario, each once; rows of its table name them by their numbers.
std::vector<std::string> inputs_of(std::span<const ExpectationOutcome> outcomes) {
  std::vector<std::string> inputs;
  for (const ExpectationOutcome& outcome : outcomes) {
    std::string input = input_text(outcome);
    if (std::find(inputs.begin(), inputs.end(), input) == inputs.end()) inputs.push_back(std::move(input));
  }
  return inputs;
}

std::string setting_text(const Setting& setting) {
  if (setting.kernel != nullptr) return broken_label(label_of(*setting.kernel), setting_width);
  const std::string arithmetic = label_of(*setting.arithmetic);
  const std::string method = label_of(*setting.method);
  const std::string formed =
      setting.is_formed()
          ? fmt::format("\n  of {}", broken_label(label_of(*setting.formation), setting_width - 5))
          : "";
  if (method.size() + 4 + arithmetic.size() <= setting_width)
    return fmt::format("{} in {}{}", method, arithmetic, formed);
  return fmt::format("{}\n  in {}{}", broken_label(method, setting_width),
                     broken_label(arithmetic, setting_width - 5), formed);
}

std::string statistic_text(const Expectation& expectation) {
  if (expectation.statistic.counts_trials()) return expectation.statistic.name;
  return fmt::format("{} {}", expectation.statistic.name, expectation.value_name());
}

std::string heading_of(const Scenario& scenario) {
  std::string text;
  if (scenario.name.empty()) return text;
  text += scenario.name + "\n";
  if (!scenario.what.empty()) text += wrapped(scenario.what, width, 2);
  if (!scenario.source.empty()) text += wrapped(fmt::format("[{}]", scenario.source), width, 2);
  return text;
}

// Why an expectation that is not met was one, and which trials had no value to show.
std::string explanation_of(const ExpectationOutcome& outcome) {
  std::string text;
  const Expectation& expectation = *outcome.expectation;
  if (outcome.without_value > 0) {
    text +=
        wrapped(fmt::format("{}: {} of {} trials have no {} and count as infinitely bad", expectation.place,
                            outcome.without_value, outcome.trials, expectation.value_name()),
                width, 2);
  }
  if (!outcome.met && !expectation.why.empty())
    text += wrapped(fmt::format("{}: expected because: {}", expectation.place, expectation.why), width, 2);
  return text;
}

// The outcomes of one scenario.
std::string scenario_text(std::span<const ExpectationOutcome> outcomes) {
  std::string text = heading_of(*outcomes.front().scenario);
  const std::vector<std::string> inputs = inputs_of(outcomes);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    text += wrapped(fmt::format("input {}: {}", i + 1, inputs[i]), width, 2);
  Table table({{"setting"}, {"input", true}, {"statistic"}, {"expected", true}, {"found", true}, {""}});
  std::string explanations;
  for (const ExpectationOutcome& outcome : outcomes) {
    const auto input = std::find(inputs.begin(), inputs.end(), input_text(outcome)) - inputs.begin();
    table.add_row({setting_text(outcome.setting), std::to_string(input + 1),
                   statistic_text(*outcome.expectation), outcome.expectation->bounds(),
                   expectation_number(outcome.found), outcome.met ? "met" : "NOT MET"});
    if (!outcome.met) explanations += explanation_of(outcome);
  }
  return text + table.str() + explanations;
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
