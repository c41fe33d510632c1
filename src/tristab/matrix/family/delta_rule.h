// Families that draw the inputs of a delta rule: keys, betas and decays from chosen models, and the rule's other parts.
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
  std::vector<Parameter> parameters = {};  // besides those of the models
  // Draws the other parts of a head, from separate streams; null: there are none.
  std::function<void(const Settings& settings, const RandomStream& random, bool with_outputs, TokenInputs& head)> draw =
      nullptr;
};

// The family of the delta rule of that name. Its parameters are those of the key models, head_dim, key_format, those of
// the beta models with `negative` and beta_format, those of the decay models with gate_format, and `parameters`. A head
// has keys, rows x head_dim; beta, doubled if `negative` is set; log_decay of the rule's width, drawn from one stream;
// with outputs also queries normalise(N(0, I)) and values N(0, I), rows x head_dim, or as `queries`, `query_scale`,
// `values` and `value_scale` say.
Family drawn_family(const std::string& rule, const DrawnFamily& drawn);

}  // namespace tristab
