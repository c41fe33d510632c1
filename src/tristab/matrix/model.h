// A model is one of several ways to make an ingredient of A (keys, betas, decays), with its own parameters. A family
// offers models as a choice. Parameters of models that were not chosen are refused, and absent from its settings.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/base/random.h"
#include "tristab/matrix/matrix.h"

namespace tristab {

struct Model {
  std::string name;
  std::string formula;                // what it draws
  std::string source;                 // paper, section, file or measurement
  std::vector<Parameter> parameters;  // only of this model, with its defaults

  // Brings the model's parameters into one form and refuses what the parameter table cannot express; null if the table
  // is enough. Throws UsageError naming `place`.
  void (*settle)(Json& settings, std::string_view place) = nullptr;
};

struct KeyModel : Model {
  // n x head_dim, row t the key of token t; settings hold head_dim and the model's own parameters.
  Matrix (*generate)(const Settings& settings, int n, const RandomStream& random);
};

struct GateModel : Model {
  // One value a token: beta in (0, 1), or log decay g <= 0.
  std::vector<double> (*generate)(const Settings& settings, int n, const RandomStream& random);
};

// A choice between models: the name of its parameter ("keys"), what it is for, and the models.
struct ModelChoice {
  std::string parameter;
  std::string help;
  std::string default_model;
  std::vector<const Model*> models;
};

// Rows of a parameter table: the choice, then every parameter of its models, absent by default. Two models may share a
// parameter with the same name and range.
std::vector<Parameter> parameters_of(const ModelChoice& choice);

// Fills in the defaults of the chosen model's parameters; throws UsageError if a parameter of another model is present.
void settle(const ModelChoice& choice, Json& settings, std::string_view place);

}  // namespace tristab
