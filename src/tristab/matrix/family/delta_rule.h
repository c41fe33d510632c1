// What the delta-rule families with generated inputs share: their choices of key, beta and decay models, and
// the chunk that these draw.
#pragma once

#include "tristab/matrix/formation.h"
#include "tristab/matrix/model.h"

namespace tristab {

ModelChoice key_choice();
ModelChoice beta_choice(std::string default_model);
ModelChoice decay_choice(std::string default_model);

// head_dim, key_format and the models' parameters; without `decay` the family has no gate.
std::vector<Parameter> delta_rule_parameters(const ModelChoice& keys, const ModelChoice& beta,
                                             const ModelChoice* decay);

// keys n x head_dim, beta n (doubled where `negative` is set), log_decay n x 1, or n x 0 where settings hold
// no gate.
ChunkInputs generate_chunk(const Settings& settings, int n, const RandomStream& random);

}  // namespace tristab
