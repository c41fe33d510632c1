#include "tristab/report/expectation_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tristab/report/table.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

std::string input_text(const ExpectationOutcome& outcome) {
  const bool layer = outcome.expectation->layer != nullptr;
  const bool one = outcome.trials == 1;
  return fmt::format("{}, n = {}, {} {}", outcome.input.family->label, outcome.input.n, outcome.trials,
                     layer ? (one ? "sequence" : "sequences") : (one ? "matrix" : "matrices"));
}

// The kernel; or method, arithmetic and formation, each on a line.
std::string setting_text(const Setting& setting) {
  if (setting.kernel != nullptr) return setting.kernel->label;
  std::string text = fmt::format("{}\n{}", setting.method->label, setting.arithmetic->label);
  if (setting.is_formed()) text += fmt::format("\n{}", setting.formation->label);
  return text;
}

// "mch in fp16", on two lines if that is too wide.
std::string setting_lines(std::string_view text, std::size_t width) {
  const std::vector<std::string> parts = lines_of(text);
  if (parts.size() == 1) return broken_label(parts[0], width);
  const std::size_t rest = width - std::min<std::size_t>(width, 5);
  const std::string formed = parts.size() > 2 ? fmt::format("\n  of {}", broken_label(parts[2], rest)) : "";
  if (display_width(parts[0]) + 4 + display_width(parts[1]) <= width)
    return fmt::format("{} in {}{}", parts[0], parts[1], formed);
  return fmt::format("{}\n  in {}{}", broken_label(parts[0], width), broken_label(parts[1], rest), formed);
}

std::string statistic_text(const Expectation& expectation) {
  if (expectation.statistic.counts_trials()) return expectation.statistic.name;
  return fmt::format("{} {}", expectation.statistic.name, expectation.value_name());
}

std::string heading_of(const Scenario& scenario, const Page& page) {
  std::string text;
  if (scenario.name.empty()) return text;
  text += styled(label_lines(scenario.name, page), Style::heading, page) + "\n";
  if (!scenario.what.empty()) text += paragraph(scenario.what, 2, page);
  if (!scenario.source.empty()) text += paragraph(fmt::format("[{}]", scenario.source), 2, page);
  return text;
}

// How many trials had no value, which decides about met ones too; for an expectation that is not met the reason for its
// bound.
std::string explanation_of(const ExpectationOutcome& outcome, const Page& page) {
  std::string text;
  const Expectation& expectation = *outcome.expectation;
  if (outcome.without_value > 0) {
    text += paragraph(fmt::format("{}: {} of {} trials have no {} and count as infinitely bad", expectation.place,
                                  outcome.without_value, outcome.trials, expectation.value_name()),
                      2, page);
  }
  if (!outcome.met && !expectation.why.empty())
    text += paragraph(fmt::format("{}: expected because: {}", expectation.place, expectation.why), 2, page);
  return text;
}

// The outcomes of one scenario.
std::string scenario_text(std::span<const ExpectationOutcome> outcomes, const Page& page) {
  std::string text = heading_of(*outcomes.front().input.scenario, page);
  std::map<std::string, std::size_t> inputs;  // rows of the table name them by their numbers
  for (const ExpectationOutcome& outcome : outcomes) {
    const auto [found, fresh] = inputs.try_emplace(input_text(outcome), inputs.size() + 1);
    if (fresh) text += paragraph(fmt::format("input {}: {}", found->second, found->first), 2, page);
  }
  Table table({{.header = "setting", .layout = setting_lines, .widest = 36, .least = 18},
               {.header = "input", .right = true, .dispensable = 1},
               {.header = "statistic", .layout = wrapped_cell},
               {"expected", true},
               {"found", true},
               {""}});
  std::string explanations;
  for (const ExpectationOutcome& outcome : outcomes) {
    table.add_row({setting_text(outcome.setting), std::to_string(inputs.at(input_text(outcome))),
                   statistic_text(*outcome.expectation), outcome.expectation->bounds(),
                   expectation_number(outcome.found),
                   outcome.met ? TableCell("met", Style::pass) : TableCell("NOT MET", Style::fail)});
    explanations += explanation_of(outcome, page);
  }
  return text + table.str(page) + explanations;
}

}  // namespace

std::string expectations_table(std::span<const ExpectationOutcome> outcomes, const Page& page) {
  std::string text;
  for (std::size_t first = 0, last = 0; first < outcomes.size(); first = last) {
    while (last < outcomes.size() && outcomes[last].input.scenario == outcomes[first].input.scenario) ++last;
    text += scenario_text(outcomes.subspan(first, last - first), page) + "\n";
  }
  const auto met = std::count_if(outcomes.begin(), outcomes.end(), [](const ExpectationOutcome& o) { return o.met; });
  const bool all = met == static_cast<std::ptrdiff_t>(outcomes.size());
  return text +
         styled(fmt::format("{} of {} expectations met", met, outcomes.size()), all ? Style::pass : Style::fail, page) +
         "\n";
}

}  // namespace tristab
