#include "tristab/matrix/family/delta_rule.h"

#include <algorithm>

#include "tristab/base/json.h"
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

}  // namespace

ModelChoice key_choice() { return choice_of("keys", "how keys are drawn", "silu", key_models()); }

ModelChoice beta_choice(std::string default_model) {
  return choice_of("beta", "how betas are drawn", std::move(default_model), beta_models());
}

ModelChoice decay_choice(std::string default_model) {
  return choice_of("gate", "how log decays are drawn", std::move(default_model), decay_models());
}

Family drawn_family(Description description, const std::optional<ModelChoice>& beta,
                    const std::optional<ModelChoice>& decay,
                    TokenInputs (*generate_tokens)(const Settings& settings, int rows,
                                                   const RandomStream& random, bool with_outputs)) {
  std::vector<Parameter> table;
  const auto append = [&](const std::vector<Parameter>& rows) {
    table.insert(table.end(), rows.begin(), rows.end());
  };
  std::vector<ModelChoice> choices{key_choice()};
  append(parameters_of(choices.front()));
  table.push_back(Parameter::integer("head_dim", 128, 16, 512, "length of a key"));
  table.push_back(Parameter::choice("key_format", "fp64", {"fp64", "bf16"},
                                    "format that normalised keys are rounded to"));
  if (beta) {
    append(parameters_of(*beta));
    table.push_back(
        Parameter::boolean("negative", false, "negative eigenvalues allowed: beta doubled, in (0, 2)"));
    choices.push_back(*beta);
  }
  if (decay) {
    append(parameters_of(*decay));
    choices.push_back(*decay);
  }
  append(description.parameters);
  description.parameters = std::move(table);
  Family family;
  family.description = std::move(description);
  family.random = true;
  family.generate_tokens = generate_tokens;
  family.settle = [choices](Json& settings, std::string_view place) {
    for (const ModelChoice& choice : choices) settle(choice, settings, place);
  };
  return family;
}

TokenInputs generate_head(const Settings& settings, Rule rule, int rows, const RandomStream& random,
                          bool with_outputs, bool channel_gates) {
  const int dim = static_cast<int>(settings.integer("head_dim"));
  TokenInputs head;
  head.rule = rule;
  head.keys = chosen(key_models(), settings.text("keys")).generate(settings, rows, random.part("keys"));
  if (settings.text("key_format") == "bf16") {
    for (double& value : head.keys.values()) value = rounded_to_bfloat16(value);
  }
  if (settings.has("beta")) {
    head.beta = chosen(beta_models(), settings.text("beta")).generate(settings, rows, random.part("beta"));
    if (settings.flag("negative")) {
      for (double& beta : head.beta) beta *= 2;
    }
  }
  const bool gated = settings.has("gate");
  const int width = !gated ? 0 : channel_gates ? dim : 1;
  head.log_decay = Matrix(rows, width);
  if (gated) {
    head.log_decay.values() =
        chosen(decay_models(), settings.text("gate")).generate(settings, rows * width, random.part("gate"));
  }
  head.queries = head.values = Matrix(rows, 0);
  if (with_outputs) {
    head.queries = normal_matrix(rows, dim, random.part("queries"));
    normalise_rows(head.queries);
    head.values = normal_matrix(rows, dim, random.part("values"));
  }
  return head;
}

}  // namespace tristab
