#include "tristab/matrix/family/delta_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/json.h"
#include "tristab/format/round.h"
#include "tristab/matrix/gates/gates.h"
#include "tristab/matrix/keys/keys.h"

namespace tristab {
namespace {

template <typename AnyModel>
ModelChoice choice_of(std::string parameter, std::string help, std::string default_model,
                      std::span<const AnyModel> models) {
  ModelChoice choice{std::move(parameter), std::move(help), std::move(default_model), {}};
  for (const AnyModel& model : models) choice.models.push_back(&model);
  return choice;
}

template <typename AnyModel>
const AnyModel& chosen(std::span<const AnyModel> models, const std::string& name) {
  return *std::ranges::find(models, name, [](const AnyModel& model) { return model.name; });
}

// What a tensor is stored in before anybody uses it. Absent, as `scale` is: then the drawn matrices keep their
// identity.
Parameter format_parameter(const std::string& name, const std::string& tensor) {
  return Parameter::choice(name, nullptr, {"fp32", "bf16", "fp16"},
                           fmt::format("format that {} are rounded to; absent: not rounded", tensor));
}

void round_to(const std::string& format, Matrix& matrix) {
  const RoundingTarget<double> target(format_of(format, ""));
  for (double& value : matrix.values()) value = round_value(value, target, Rounding::nearest_even);
}

// Queries and values of outputs. Absent, queries are unit-normal and values normal.
const std::vector<std::string> vector_models = {"normal", "unit-normal", "uniform", "unit-uniform", "token-offset"};

Parameter vectors_parameter(const std::string& name, const std::string& fallback) {
  return Parameter::choice(
      name, nullptr, vector_models,
      fmt::format("how {} are drawn: N(0, 1) or U[0, 1) elements, unit: then normalised, or U(m_t - 0.25, m_t + 0.25), "
                  "m_t ~ N(0, 0.05^2); absent: {}",
                  name, fallback));
}

Parameter vectors_scale(const std::string& name, const std::string& vectors) {
  return Parameter::real(name, nullptr, 1e-6, 1e6, fmt::format("factor of {}, default 1", vectors));
}

Matrix draw_vectors(const Settings& settings, const std::string& name, const std::string& fallback,
                    const std::string& scale, int rows, const RandomStream& random) {
  const std::string model = settings.has(name) ? settings.text(name) : fallback;
  const int dim = static_cast<int>(settings.integer("head_dim"));
  Matrix vectors(rows, dim);
  if (model == "token-offset") {
    vectors = offset_features(rows, dim, 0.05, 0.25, random);
  } else if (model.ends_with("uniform")) {
    random.fill_uniform(0, vectors.values());
  } else {
    vectors = normal_matrix(rows, dim, random);
  }
  if (model.starts_with("unit-")) normalise_rows(vectors);
  if (settings.has(scale)) {
    for (double& value : vectors.values()) value *= settings.real(scale);
  }
  return vectors;
}

TokenInputs generate_head(const DeltaRule& rule, const Settings& settings, int rows, const RandomStream& random,
                          bool with_outputs) {
  const int dim = static_cast<int>(settings.integer("head_dim"));
  TokenInputs head;
  head.rule = &rule;
  head.keys = chosen(key_models(), settings.text("keys")).generate(settings, rows, random.part("keys"));
  if (settings.text("key_format") != "fp64") round_to(settings.text("key_format"), head.keys);
  if (settings.has("beta")) {
    Matrix beta(rows, 1);
    beta.values() = chosen(beta_models(), settings.text("beta")).generate(settings, rows, random.part("beta"));
    if (settings.flag("negative")) {
      for (double& value : beta.values()) value *= 2;
    }
    if (settings.has("beta_format")) round_to(settings.text("beta_format"), beta);
    head.parts["beta"] = std::move(beta);
  }
  const bool decays = settings.has("gate");
  const int width = !decays ? 0 : rule.decay == DecayWidth::channel ? dim : 1;
  head.log_decay = Matrix(rows, width);
  if (decays) {
    head.log_decay.values() =
        chosen(decay_models(), settings.text("gate")).generate(settings, rows * width, random.part("gate"));
    if (settings.has("gate_format")) round_to(settings.text("gate_format"), head.log_decay);
  }
  head.queries = head.values = Matrix(rows, 0);
  if (with_outputs) {
    head.queries = draw_vectors(settings, "queries", "unit-normal", "query_scale", rows, random.part("queries"));
    head.values = draw_vectors(settings, "values", "normal", "value_scale", rows, random.part("values"));
  }
  return head;
}

}  // namespace

Family drawn_family(const std::string& rule_name, const DrawnFamily& drawn) {
  const DeltaRule& rule = delta_rule(rule_name);
  std::vector<Parameter> table;
  std::vector<ModelChoice> choices;
  const auto append = [&](const std::vector<Parameter>& rows) { table.insert(table.end(), rows.begin(), rows.end()); };
  const auto choose = [&](ModelChoice choice) {
    append(parameters_of(choice));
    choices.push_back(std::move(choice));
  };
  choose(choice_of("keys", "how keys are drawn", "silu", key_models()));
  table.push_back(Parameter::integer("head_dim", 128, 16, 512, "length of a key"));
  table.push_back(Parameter::choice("key_format", "fp64", {"fp64", "fp32", "bf16", "fp16"},
                                    "format that normalised keys are rounded to"));
  if (!drawn.beta.empty()) {
    choose(choice_of("beta", "how betas are drawn", drawn.beta, beta_models()));
    table.push_back(Parameter::boolean("negative", false, "negative eigenvalues allowed: beta doubled, in (0, 2)"));
    table.push_back(format_parameter("beta_format", "betas"));
  }
  if (!drawn.decay.empty()) {
    choose(choice_of("gate", "how log decays are drawn", drawn.decay, decay_models()));
    table.push_back(format_parameter("gate_format", "log decays"));
  }
  append({vectors_parameter("queries", "unit-normal"), vectors_scale("query_scale", "queries"),
          vectors_parameter("values", "normal"), vectors_scale("value_scale", "values")});
  append(drawn.parameters);

  Family family;
  family.description = {.name = rule.name,
                        .summary = drawn.summary,
                        .formula = rule.formula + " for i > j",
                        .source = rule.source,
                        .parameters = std::move(table)};
  family.random = true;
  family.generate_tokens = [&rule, draw = drawn.draw](const Settings& settings, int rows, const RandomStream& random,
                                                      bool with_outputs) {
    TokenInputs head = generate_head(rule, settings, rows, random, with_outputs);
    if (draw) draw(settings, random, with_outputs, head);
    return head;
  };
  family.settle = [choices](Json& settings, std::string_view place) {
    for (const ModelChoice& choice : choices) settle(choice, settings, place);
  };
  return family;
}

}  // namespace tristab
