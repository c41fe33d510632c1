#include "tristab/report/hunt_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tristab/base/json.h"
#include "tristab/base/json_text.h"
#include "tristab/hunt/hunt_state.h"
#include "tristab/report/cell_text.h"
#include "tristab/report/table.h"

namespace tristab {
namespace {

std::string value_text(double value) { return std::isinf(value) ? "not finite" : tristab::short_number(value); }

Range range_of(const Matrix& x) {
  const auto [low, high] = std::ranges::minmax(x.values());
  return {low, high};
}

std::string range_text(const Range& range) {
  return range.low == range.high ? fmt::format("{:.6g}", range.low)
                                 : fmt::format("{:.4g} to {:.4g}", range.low, range.high);
}

std::string input_text(const HuntFind& find) {
  const KeySurvey keys = survey_keys(find.tokens);
  std::string text =
      fmt::format("{} different keys, cosines {} (mean {:.3g}); {} {}", keys.different, range_text(keys.cosines),
                  keys.mean_cosine, find.tokens.rule->erase_rate, range_text(range_of(rate_of(find.tokens))));
  if (find.tokens.log_decay.columns() > 0)
    text += fmt::format("; log decay {}", range_text(range_of(find.tokens.log_decay)));
  if (find.matrix->condition)
    text += fmt::format("; cond_2(I + A) {}", tristab::short_number(find.matrix->condition->cond_2));
  return text;
}

std::string number_of(const HuntFind& find, const Measured& number) {
  return find.record().status == Status::nonfinite ? "not finite" : value_text(number.ranked(false));
}

// Of a gate, what hurts the layer is a find although T is as accurate as its format allows.
bool found_nothing(const HuntRequest& request, const HuntResult& result) {
  return !request.objective.needs_layer() && is_nothing(result);
}

std::string evaluations_text(std::int64_t count) {
  return fmt::format("{} evaluation{}", count, count == 1 ? "" : "s");
}

}  // namespace

std::string hunt_text(const HuntRequest& request, const HuntResult& result, const Page& page) {
  const InputSpace& space = request.space;
  const std::string what = fmt::format("{} on {} n={}", request.setting.label(), space.rule->name, space.n);
  const bool ends_at_worst =
      result.worst && std::isinf(result.worst->value) && result.evaluations < request.evaluations;
  const std::string ended = result.stopped       ? ", stopped"
                            : result.out_of_time ? fmt::format(", all that {:g} s allowed", request.seconds)
                            : ends_at_worst      ? ", where nothing can be worse"
                                                 : "";
  std::string text = paragraph(
      fmt::format("{}: {} of {}{}", what, evaluations_text(result.evaluations), request.objective.name, ended), 0,
      page);
  if (!result.worst) return text + paragraph("no input that counts was met", 0, page);
  if (found_nothing(request, result)) {
    text +=
        paragraph(fmt::format("nothing in {}; worst ratio {} of a stable method's error ({} and more would be a find)",
                              evaluations_text(result.evaluations), tristab::short_number(worst_bound_ratio(result)),
                              tristab::short_number(normal_limit(request))),
                  0, page);
  }
  const bool is_error = request.objective.name == "total_frobenius";
  const auto add = [&](const char* name, const HuntFind& find) {
    const Record& record = find.record();
    const std::string error =
        is_error ? "" : fmt::format("; total_frobenius {}", number_of(find, record.total_frobenius));
    text += paragraph(
        fmt::format("{:<8} {} {}{}; for its format {}; {} at evaluation {}", name, request.objective.name,
                    value_text(find.value), error, record.for_format ? name_of(*record.for_format) : "without a word",
                    find.strategy, find.evaluation),
        0, page);
    text += paragraph(input_text(find), 9, page);
  };
  add("worst", *result.worst);
  if (result.worst_finite) add("finite", *result.worst_finite);
  Table others({{"others"}, {"bound_ratio", true}, {"found by"}, {"keys"}});
  constexpr std::size_t most = 5;
  for (std::size_t k = 0; k < std::min(most, result.others.size()); ++k) {
    const HuntFind& find = result.others[k];
    const KeySurvey keys = survey_keys(find.tokens);
    others.add_row({value_text(find.value), number_of(find, find.record().metrics.measured(Metric::bound_ratio)),
                    find.strategy, fmt::format("{} different, mean cosine {:.2f}", keys.different, keys.mean_cosine)});
  }
  if (!result.others.empty()) text += "\n" + others.str(page);
  Table table({{"strategy"}, {"evaluations", true}, {"improvements", true}});
  for (const StrategyTally& tally : result.strategies) {
    if (tally.evaluations > 0)
      table.add_row({tally.name, std::to_string(tally.evaluations), std::to_string(tally.improved)});
  }
  return text + "\n" + table.str(page);
}

std::string shrink_text(const HuntRequest& request, const Shrunk& shrunk, const Page& page) {
  const std::string& name = request.objective.name;
  std::string text =
      paragraph(fmt::format("{} on {} n={}: {} {} shrunk to {} in {}", request.setting.label(),
                            request.space.rule->name, request.space.n, name, value_text(shrunk.before.value),
                            value_text(shrunk.after.value), evaluations_text(shrunk.evaluations)),
                0, page);
  text += paragraph(input_text(shrunk.after), 2, page);
  Table steps({{"step"}, {name, true}});
  for (const ShrinkStep& step : shrunk.steps) steps.add_row({step.what, value_text(step.value)});
  if (!shrunk.steps.empty()) text += "\n" + steps.str(page);
  Table families({{"nearest families", false, broken_label}, {fmt::format("worst {}", name), true}, {"of it", true}});
  constexpr std::size_t most = 3;
  for (std::size_t k = 0; k < std::min(most, shrunk.families.size()); ++k) {
    const NearFamily& family = shrunk.families[k];
    const double share = family.value / shrunk.after.value;
    families.add_row({family.label, value_text(family.value),
                      std::isfinite(share)       ? fmt::format("{:.0f}%", 100 * share)
                      : std::isinf(family.value) ? "100%"
                                                 : "-"});
  }
  text += "\n" + families.str(page) + "\n";
  for (const std::string& line : pytorch_lines(shrunk.after.tokens)) text += line + "\n";
  return text;
}

namespace {

std::string find_json(const HuntFind& find, bool with_input) {
  JsonObject object, record;
  object.number("value", find.value).flag("finite", std::isfinite(find.value)).text("strategy", find.strategy);
  object.integer("evaluation", find.evaluation).text("input", input_text(find));
  for (const Field& field : record_fields()) {
    if (field.name() == "stages" || field.name() == "undefined" || !field.is_present(*find.matrix->input.scenario))
      continue;
    append_json(record.begin(field.name()), field.cell(*find.matrix, find.record()));
  }
  object.raw("record", record.str());
  if (with_input) object.json("tensors", json_of(find.tokens));
  return object.str();
}

}  // namespace

std::string hunt_json(const HuntRequest& request, const HuntResult& result, bool with_state) {
  JsonObject object;
  object.text("schema", "tristab-hunt/1").json("request", json_of(request));
  object.integer("evaluations", result.evaluations).flag("stopped", result.stopped);
  object.flag("nothing", found_nothing(request, result)).number("worst_ratio", worst_bound_ratio(result));
  object.raw("worst", result.worst ? find_json(*result.worst, true) : "null");
  JsonArray others, tallies;
  if (result.worst_finite) object.raw("worst_finite", find_json(*result.worst_finite, true));
  for (const HuntFind& find : result.others) others.raw(find_json(find, false));
  object.raw("others", others.str());
  for (const StrategyTally& tally : result.strategies) {
    JsonObject one;
    tallies.raw(one.text("strategy", tally.name)
                    .integer("evaluations", tally.evaluations)
                    .integer("improvements", tally.improved)
                    .str());
  }
  object.raw("strategies", tallies.str());
  if (with_state) object.json("state", result.state);
  return object.str() + "\n";
}

std::string shrink_json(const HuntRequest& request, const Shrunk& shrunk) {
  JsonObject object;
  object.text("schema", "tristab-hunt-shrink/1").json("request", json_of(request));
  object.integer("evaluations", shrunk.evaluations).raw("before", find_json(shrunk.before, false));
  object.raw("after", find_json(shrunk.after, true));
  JsonArray steps, families, lines;
  for (const ShrinkStep& step : shrunk.steps) {
    JsonObject one;
    steps.raw(one.text("step", step.what).number("value", step.value).str());
  }
  for (const NearFamily& family : shrunk.families) {
    JsonObject one;
    families.raw(one.text("family", family.label).integer("trials", family.trials).number("value", family.value).str());
  }
  for (const std::string& line : pytorch_lines(shrunk.after.tokens)) lines.raw(json_string(line));
  object.raw("steps", steps.str()).raw("families", families.str()).raw("pytorch", lines.str());
  return object.str() + "\n";
}

}  // namespace tristab
