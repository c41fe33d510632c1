// What the delta-rule families with generated inputs share: their choices of key, beta and decay models, and
// the chunk that these draw.
#pragma once

#include "tristab/matrix/family/family.h"
#include "tristab/matrix/model.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {

ModelChoice key_choice();
ModelChoice beta_choice(std::string default_model);
ModelChoice decay_choice(std::string default_model);

// head_dim, key_format and the models' parameters; without `beta` the family has no write strength, without `decay`
// no gate.
std::vector<Parameter> delta_rule_parameters(const ModelChoice& keys, const ModelChoice* beta,
                                             const ModelChoice* decay);

// Fills in the chosen models' parameters (Family::settle).
void settle_models(Json& settings, std::string_view place, const ModelChoice* beta, const ModelChoice* decay);

// What all delta rules draw: keys rows x head_dim, beta (doubled where `negative` is set; none where the family has no
// write strength), log_decay rows x 1, or rows x head_dim where `channel_gates` is set (the head's own draws are shared
// by its channels), or rows x 0 where settings hold no gate; with_outputs: queries normalise(N(0, I)) and values
// N(0, I), rows x head_dim.
TokenInputs generate_head(const Settings& settings, Rule rule, int rows, const RandomStream& random,
                          bool with_outputs, bool channel_gates);

}  // namespace tristab
