// Families that draw what a delta rule reads: keys, betas and decays from chosen models, and what else the
// rule has.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tristab/matrix/family/family.h"

namespace tristab {

struct DrawnFamily {
  std::string summary;
  std::string beta = {};                   // default model of the betas; "": the rule has none
  std::string decay = {};                  // default model of the log decays; "": none, or drawn by `draw`
  std::vector<Parameter> parameters = {};  // beside those of the models
  // Draws the rest of a head from streams of its own; null: there is nothing more.
  std::function<void(const Settings& settings, const RandomStream& random, bool with_outputs, TokenInputs& head)> draw =
      nullptr;
};

// The family of the delta rule of that name. Its parameters are those of the key models, head_dim,
// key_format, those of the beta models with `negative`, those of the decay models, and after them its own. A
// head has
//   keys rows x head_dim; beta, doubled where `negative` is set; log_decay of the rule's width, one draw
//   after another; with outputs: queries normalise(N(0, I)) and values N(0, I), rows x head_dim.
Family drawn_family(const std::string& rule, const DrawnFamily& drawn);

}  // namespace tristab
