#include "tristab/report/result_text.h"

#include <cmath>

#include "tristab/base/json_text.h"
#include "tristab/report/cell_text.h"
#include "tristab/sweep/quantity.h"
#include "tristab/sweep/summary_quantity.h"

namespace tristab {
namespace {

JsonObject object_of(const std::string& type) {
  JsonObject object;
  if (!type.empty()) object.text("type", type);
  return object;
}

std::string numbers(const std::vector<double>& values) {
  JsonArray array;
  for (const double value : values) append_json_number(array.begin(), value);
  return std::move(array).str();
}

// The scenario (absent in a plain sweep), and the fields that name the family and the size.
void add_input(const Input& input, JsonObject& object) {
  if (!input.scenario->name.empty()) object.text("scenario", input.scenario->name);
  for (const auto& field : input_fields()) append_json(object.begin(field.name), field.cell(input));
}

void add_setting(const Setting& setting, JsonObject& object) {
  for (const auto& field : setting_fields()) append_json(object.begin(field.name), field.cell(setting));
}

void add_distribution(const std::vector<SummaryQuantity>& statistics, const Distribution& d, JsonObject& object,
                      JsonObject& undefined) {
  for (const SummaryQuantity& each : statistics) {
    const double value = d.*each.statistic;
    object.number(each.name, value);
    const bool few = each.statistic == &Distribution::tail && d.count < tail_trials;  // null without a reason
    if (!few && !std::isfinite(value))
      undefined.text(each.name, std::isinf(value) ? "infinite" : "no trial has a value");
  }
}

void add_slope(const std::string& name, const std::optional<Slope>& slope, JsonObject& object) {
  const double none = std::nan("");
  object.number(name + "_slope", slope ? slope->value : none);
  object.number(name + "_slope_error", slope ? slope->error : none);
}

}  // namespace

std::string matrix_text(const MatrixResult& result, const std::string& type) {
  JsonObject object = object_of(type);
  object.text("id", result.id);
  add_input(result.input, object);
  object.integer("trial", result.trial).raw("source", result.source.text());
  const double none = std::nan("");
  const ConditionReport nothing{none, none, none, none, none, none, none, none, none, {}, {}};
  const ConditionReport& condition = result.condition ? *result.condition : nothing;
  for (const MatrixFact& fact : matrix_facts()) object.number(fact.name, condition.*fact.value);
  object.raw("power_max", numbers(condition.power_max)).raw("inverse_decay", numbers(condition.inverse_decay));
  JsonArray references;
  for (const ReferenceNote& note : result.references) {
    JsonObject reference;
    reference.text("of", note.of).integer("bits", note.bits).number("residual", note.residual);
    references.raw(reference.str());
  }
  object.raw("references", references.str());
  return object.str() + "\n";
}

std::string records_text(const MatrixResult& result, const std::string& type) {
  struct Member {
    const Field* field;
    std::string opening;  // `, "frobenius": `
  };
  static const std::vector<Member> members = [] {
    std::vector<Member> all;
    for (const Field& field : record_fields()) all.push_back({&field, ", " + json_string(field.name()) + ": "});
    return all;
  }();
  const std::string object = object_of(type).unfinished();
  std::string text;
  for (const Record& record : result.records) {
    text += object;
    for (const auto& [field, opening] : members) {
      if (!field->is_present(*result.input.scenario)) continue;
      text += std::string_view(opening).substr(text.back() == '{' ? 2 : 0);
      append_json(text, field->cell(result, record));
    }
    text += "}\n";
  }
  return text;
}

std::string layers_text(const LayerResult& result, const std::string& type) {
  std::string text;
  for (const LayerRecord& record : result.records) {
    JsonObject object = object_of(type);
    for (const LayerField& field : layer_fields()) {
      if (field.in_scenarios_only && result.input.scenario->name.empty()) continue;
      append_json(object.begin(field.name), field.cell(result, record));
    }
    text += std::move(object).str() + "\n";
  }
  return text;
}

std::string summary_text(const SummaryRow& row, const std::string& type) {
  static const std::vector<std::vector<SummaryQuantity>> statistics = [] {
    std::vector<std::vector<SummaryQuantity>> of_fields;
    for (const Field* field : distributed_fields()) of_fields.push_back(summary_quantities_of(field->info, field));
    return of_fields;
  }();
  JsonObject object = object_of(type), undefined;
  add_input(row.input, object);
  add_setting(row.setting, object);
  for (const TrialCount& count : trial_counts()) object.integer(count.name, row.*count.value);
  for (std::size_t k = 0; k < row.counts.size(); ++k) object.number(counted_fields()[k]->name(), row.counts[k]);
  for (std::size_t k = 0; k < row.distributions.size(); ++k) {
    if (distributed_fields()[k]->is_present(*row.input.scenario))
      add_distribution(statistics[k], row.distributions[k], object, undefined);
  }
  std::string text = std::move(object.raw("undefined", undefined.str())).str();
  text += '\n';
  return text;
}

std::string expectations_text(const std::vector<ExpectationOutcome>& outcomes, const std::string& type) {
  std::string text;
  for (const ExpectationOutcome& outcome : outcomes) {
    const Expectation& expectation = *outcome.expectation;
    JsonObject object = object_of(type), undefined;
    add_input(outcome.input, object);
    add_setting(outcome.setting, object);
    expectation.quantity != nullptr ? object.text("metric", expectation.quantity->name) : object.raw("metric", "null");
    if (expectation.layer != nullptr) object.text("layer", expectation.layer->name);
    object.text("statistic", expectation.statistic.name);
    const std::pair<const char*, const std::optional<double>*> bounds[] = {
        {"at_least", &expectation.at_least}, {"at_most", &expectation.at_most}, {"equals", &expectation.equals}};
    for (const auto& [name, bound] : bounds) {
      if (*bound) object.number(name, **bound);
    }
    object.integer("trials", outcome.trials).integer("without_value", outcome.without_value);
    object.number("found", outcome.found).flag("met", outcome.met);
    if (!expectation.why.empty()) object.text("why", expectation.why);
    if (!std::isfinite(outcome.found)) undefined.text("found", expectation_number(outcome.found));
    text += object.raw("undefined", undefined.str()).str() + "\n";
  }
  return text;
}

std::string classes_text(const std::vector<StabilityRow>& rows, const std::string& type) {
  std::string text;
  for (const StabilityRow& row : rows) {
    JsonObject object = object_of(type);
    if (!row.scenario->name.empty()) object.text("scenario", row.scenario->name);
    add_setting(row.setting, object);
    object.text("class", name_of(row.name)).integer("points", row.growth.points).integer("exact", row.exact);
    object.integer("fails", row.fails).integer("nonfinite", row.nonfinite);
    add_slope("kappa", row.growth.kappa, object);
    add_slope("n", row.growth.n, object);
    text += object.str() + "\n";
  }
  return text;
}

}  // namespace tristab
