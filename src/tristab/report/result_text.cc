#include "tristab/report/result_text.h"

#include <cmath>

#include "tristab/report/column.h"
#include "tristab/report/json_text.h"
#include "tristab/sweep/label.h"
#include "tristab/sweep/quantity.h"

namespace tristab {
namespace {

JsonObject object_of(const std::string& type) {
  JsonObject object;
  if (!type.empty()) object.text("type", type);
  return object;
}

// Absent in a plain sweep.
void add_scenario(const Scenario& scenario, JsonObject& object) {
  if (!scenario.name.empty()) object.text("scenario", scenario.name);
}

std::string numbers(const std::vector<double>& values) {
  JsonArray array;
  for (const double value : values) array.raw(json_number(value));
  return array.str();
}

// The fields that name one setting of family, method and arithmetic.
void add_method(const MethodSpec& method, const Arithmetic& arithmetic, const Recipe* kernel,
                JsonObject& object) {
  object.text("method", method.method->description.name).json("method_params", method.settings.json());
  object.text("method_label", kernel != nullptr ? label_of(*kernel) : label_of(method));
  kernel != nullptr ? object.text("kernel", label_of(*kernel)) : object.raw("kernel", "null");
  object.text("arithmetic", arithmetic.name).json("arithmetic_params", arithmetic.settings.json());
  object.text("arithmetic_label", label_of(arithmetic));
}

// Null: A was given, or formed in double.
void add_formation(const Formation* formation, JsonObject& object) {
  formation != nullptr ? object.text("formation", label_of(*formation)) : object.raw("formation", "null");
}

void add_quantiles(const SummaryQuantity& quantity, const QuantileRow& row, JsonObject& object,
                   JsonObject& undefined) {
  const std::string names[] = {quantity.name + "_median",
                               quantity.name + (quantity.larger_is_better ? "_p5" : "_p95"),
                               quantity.name + (quantity.larger_is_better ? "_min" : "_max")};
  const double values[] = {row.median, row.tail, row.worst};
  const std::string* reasons[] = {&row.undefined_median, &row.undefined_tail, &row.undefined_worst};
  for (int k = 0; k < 3; ++k) {
    object.number(names[k], values[k]);
    if (!reasons[k]->empty()) undefined.text(names[k], *reasons[k]);
  }
  if (!quantity.in_decibels) return;
  object.number(quantity.name + "_mean", row.mean);
  if (!row.undefined_mean.empty()) undefined.text(quantity.name + "_mean", row.undefined_mean);
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
  add_scenario(*result.scenario, object);
  object.text("family", result.family->family).integer("n", result.n);
  object.integer("trial", result.trial).json("family_params", result.family->settings.json());
  object.text("family_label", label_of(*result.family)).json("source", result.source);
  const double none = std::nan("");
  const ConditionReport nothing{none, none, none, none, none, none, none, none, none, {}, {}};
  const ConditionReport& condition = result.condition ? *result.condition : nothing;
  object.number("cond_1", condition.cond_1).number("cond_inf", condition.cond_inf);
  object.number("cond_2", condition.cond_2).number("cond_frobenius", condition.cond_frobenius);
  object.number("cond_skeel", condition.cond_skeel).number("norm_inf", condition.norm_inf);
  object.number("norm_2", condition.norm_2).number("max_abs", condition.max_abs);
  object.number("inverse_max_abs", condition.inverse_max_abs);
  object.raw("power_max", numbers(condition.power_max))
      .raw("inverse_decay", numbers(condition.inverse_decay));
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
  const std::vector<const Column*> columns = record_columns(!result.scenario->name.empty());
  std::string text;
  for (const Record& record : result.records) {
    JsonObject object = object_of(type);
    for (const Column* column : columns) object.raw(column->name, cell_json(column->of(result, record)));
    text += object.str() + "\n";
  }
  return text;
}

std::string layers_text(const LayerResult& result, const std::string& type) {
  std::string text;
  for (const LayerRecord& record : result.records) {
    JsonObject object = object_of(type), undefined;
    object.text("sequence", result.id);
    add_scenario(*result.scenario, object);
    object.text("family", result.family->family).json("family_params", result.family->settings.json());
    object.text("family_label", label_of(*result.family)).json("source", result.source);
    object.integer("trial", result.trial).integer("n", result.n).integer("tokens", result.tokens);
    add_method(*record.setting.method, *record.setting.arithmetic, record.setting.kernel, object);
    add_formation(record.setting.is_formed() ? record.setting.formation : nullptr, object);
    const bool own = record.setting.kernel != nullptr && record.setting.kernel->layer;
    object.text("layer_arithmetic",
                (own ? *record.setting.kernel->layer : result.scenario->layer_arithmetic).name);
    object.text("status", status_name(record.status));
    record.message.empty() ? object.raw("message", "null") : object.text("message", record.message);
    const bool failed = record.status == Status::failed;
    const char* const reason = failed ? "no answer" : "not finite, or 0/0";
    const LayerError none{std::nan(""), std::nan(""), std::nan(""), std::nan("")};
    const LayerError& whole = failed ? none : record.errors.whole;
    const std::pair<const char*, double LayerError::*> parts[] = {
        {"w", &LayerError::w}, {"u", &LayerError::u}, {"o", &LayerError::o}, {"state", &LayerError::state}};
    for (const auto& [name, part] : parts) {
      object.number(name, whole.*part);
      if (!std::isfinite(whole.*part)) undefined.text(name, reason);
    }
    JsonObject by_chunk;
    JsonArray chunks;
    for (const int count : record.errors.chunks) chunks.raw(std::to_string(count));
    by_chunk.raw("chunks", chunks.str());
    for (const auto& [name, part] : parts) {
      std::vector<double> values;
      for (const LayerError& error : record.errors.by_chunk) values.push_back(error.*part);
      by_chunk.raw(name, numbers(values));
    }
    object.raw("by_chunk", by_chunk.str());
    object.number("state_max", failed ? std::nan("") : record.errors.state_max);
    object.number("state_max_exact", result.state_max);
    record.errors.first_nonfinite_chunk
        ? object.integer("first_nonfinite_chunk", *record.errors.first_nonfinite_chunk)
        : object.raw("first_nonfinite_chunk", "null");
    text += object.raw("undefined", undefined.str()).str() + "\n";
  }
  return text;
}

std::string summary_text(const std::vector<SummaryRow>& rows, const std::string& type) {
  std::string text;
  for (const SummaryRow& row : rows) {
    JsonObject object = object_of(type), undefined;
    add_scenario(*row.scenario, object);
    object.text("family", row.family->family).json("family_params", row.family->settings.json());
    object.text("family_label", label_of(*row.family)).integer("n", row.n);
    add_method(*row.method, *row.arithmetic, row.kernel, object);
    add_formation(row.formation, object);
    object.integer("trials", row.trials).integer("nonfinite_trials", row.nonfinite_trials);
    object.integer("failed_trials", row.failed_trials)
        .integer("pass", row.pass)
        .integer("marginal", row.marginal);
    object.integer("fail", row.fail).number("overflows", row.overflows).number("matmuls", row.matmuls);
    object.number("depth", row.depth).number("vector_depth", row.vector_depth);
    object.number("workspace_bytes", row.workspace_bytes);
    for (std::size_t k = 0; k < row.quantities.size(); ++k) {
      add_quantiles(summary_quantities()[k], row.quantities[k], object, undefined);
    }
    object.raw("undefined", undefined.str());
    text += object.str() + "\n";
  }
  return text;
}

std::string expectations_text(const std::vector<ExpectationOutcome>& outcomes, const std::string& type) {
  std::string text;
  for (const ExpectationOutcome& outcome : outcomes) {
    const Expectation& expectation = *outcome.expectation;
    JsonObject object = object_of(type), undefined;
    add_scenario(*outcome.scenario, object);
    object.text("family", outcome.family->family).json("family_params", outcome.family->settings.json());
    object.text("family_label", label_of(*outcome.family)).integer("n", outcome.n);
    add_method(*outcome.setting.method, *outcome.setting.arithmetic, outcome.setting.kernel, object);
    add_formation(outcome.setting.is_formed() ? outcome.setting.formation : nullptr, object);
    expectation.quantity != nullptr ? object.text("metric", expectation.quantity->name)
                                    : object.raw("metric", "null");
    if (expectation.layer != nullptr) object.text("layer", expectation.layer->name);
    object.text("statistic", expectation.statistic.name);
    const std::pair<const char*, const std::optional<double>*> bounds[] = {
        {"at_least", &expectation.at_least},
        {"at_most", &expectation.at_most},
        {"equals", &expectation.equals}};
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
    add_scenario(*row.scenario, object);
    add_method(*row.method, *row.arithmetic, nullptr, object);
    add_formation(row.formation, object);
    object.text("class", row.name).integer("points", row.growth.points).integer("exact", row.exact);
    object.integer("fails", row.fails).integer("nonfinite", row.nonfinite);
    add_slope("kappa", row.growth.kappa, object);
    add_slope("n", row.growth.n, object);
    text += object.str() + "\n";
  }
  return text;
}

}  // namespace tristab
