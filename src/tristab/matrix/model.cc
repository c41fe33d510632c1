#include "tristab/matrix/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"

namespace tristab {
namespace {

const Parameter* find_parameter(const std::vector<Parameter>& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameter::name);
  return found == parameters.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Parameter> parameters_of(const ModelChoice& choice) {
  std::vector<std::string> names;
  for (const Model* model : choice.models) names.push_back(model->name);
  std::vector<Parameter> table{Parameter::choice(choice.parameter, choice.default_model, names, choice.help)};
  for (const Model* model : choice.models) {
    for (const Parameter& own : model->parameters) {
      const std::string when = fmt::format("{} {}: {}, default {}", choice.parameter, model->name, own.help,
                                           own.default_value.dump());
      if (const auto shared = std::ranges::find(table, own.name, &Parameter::name); shared != table.end()) {
        shared->help += "; " + when;
      } else {
        table.push_back(own);
        table.back().default_value = nullptr;
        table.back().help = when;
      }
    }
  }
  return table;
}

void settle(const ModelChoice& choice, Json& settings, std::string_view place) {
  const auto& chosen_name = settings.at(choice.parameter).get_ref<const std::string&>();
  const Model& chosen = **std::ranges::find(choice.models, chosen_name, &Model::name);
  for (const Model* model : choice.models) {
    for (const Parameter& own : model->parameters) {
      if (!settings.contains(own.name) || find_parameter(chosen.parameters, own.name) != nullptr) continue;
      std::vector<std::string> owners;
      for (const Model* owner : choice.models) {
        if (find_parameter(owner->parameters, own.name) != nullptr) owners.push_back(owner->name);
      }
      throw UsageError(fmt::format("{}.{}: found {} with {} '{}'; allowed only with {} {}", place, own.name,
                                   settings[own.name].dump(), choice.parameter, chosen.name, choice.parameter,
                                   fmt::join(owners, " | ")));
    }
  }
  for (const Parameter& own : chosen.parameters) {
    if (!settings.contains(own.name)) settings[own.name] = own.default_value;
  }
  if (settings.contains("beta_low") && settings["beta_low"] > settings["beta_high"]) {
    throw UsageError(fmt::format("{}.beta_low: found {} above beta_high = {}; allowed: at most beta_high",
                                 place, settings["beta_low"].dump(), settings["beta_high"].dump()));
  }
}

}  // namespace tristab
