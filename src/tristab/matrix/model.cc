#include "tristab/matrix/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab {
namespace {

const Parameter* find_parameter(const std::vector<Parameter>& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &Parameter::name);
  return found == parameters.end() ? nullptr : &*found;
}

// "keys collinear: size of the noise, default 0.5; keys clustered: ..., default 0.1"; models with the same text share a
// phrase.
std::string help_of(const ModelChoice& choice, std::string_view parameter) {
  std::vector<std::pair<std::string, std::vector<std::string>>> phrases;  // with the models that share them
  for (const Model* model : choice.models) {
    const Parameter* own = find_parameter(model->parameters, parameter);
    if (own == nullptr) continue;
    const Json& otherwise = own->default_value;
    std::string phrase = own->help;
    if (otherwise.is_string()) phrase += ", default " + otherwise.get<std::string>();
    if (!otherwise.is_string() && !otherwise.is_null()) phrase += ", default " + otherwise.dump();
    auto known = std::ranges::find_if(phrases, [&](const auto& entry) { return entry.first == phrase; });
    if (known == phrases.end()) known = phrases.insert(phrases.end(), {phrase, {}});
    known->second.push_back(model->name);
  }
  std::string help;
  for (const auto& [phrase, models] : phrases) {
    help += fmt::format("{}{} {}: {}", help.empty() ? "" : "; ", choice.parameter, fmt::join(models, " | "), phrase);
  }
  return help;
}

}  // namespace

std::vector<Parameter> parameters_of(const ModelChoice& choice) {
  std::vector<std::string> names;
  for (const Model* model : choice.models) names.push_back(model->name);
  std::vector<Parameter> table{Parameter::choice(choice.parameter, choice.default_model, names, choice.help)};
  for (const Model* model : choice.models) {
    for (const Parameter& own : model->parameters) {
      if (find_parameter(table, own.name) != nullptr) continue;
      table.push_back(own);
      table.back().default_value = nullptr;
      table.back().help = help_of(choice, own.name);
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
                                   quoted(settings[own.name]), choice.parameter, chosen.name, choice.parameter,
                                   fmt::join(owners, " | ")));
    }
  }
  for (const Parameter& own : chosen.parameters) {
    if (!settings.contains(own.name) && !own.default_value.is_null()) settings[own.name] = own.default_value;
  }
  if (chosen.settle != nullptr) chosen.settle(settings, place);
}

}  // namespace tristab
