// What the delta-rule families with generated inputs share: their choices of key, beta and decay models, and
// the chunk that these draw.
#pragma once

#include <optional>
#include <string>

#include "tristab/matrix/family/family.h"
#include "tristab/matrix/model.h"
#include "tristab/matrix/rule/rule.h"

namespace tristab {

ModelChoice key_choice();
ModelChoice beta_choice(std::string default_model);
ModelChoice decay_choice(std::string default_model);

// A family that draws the rows of one head. Its parameters are those of the key models, head_dim, key_format, those of
// the `beta` models with `negative` (none: the rule has no write strength), those of the `decay` models (none: no gate),
// and after them those that `description` brings. What the chosen models need is settled.
Family drawn_family(Description description, const std::optional<ModelChoice>& beta,
                    const std::optional<ModelChoice>& decay,
                    TokenInputs (*generate_tokens)(const Settings& settings, int rows,
                                                   const RandomStream& random, bool with_outputs));

// What all delta rules draw: keys rows x head_dim, beta (doubled where `negative` is set; none where the family has no
// write strength), log_decay rows x 1, or rows x head_dim where `channel_gates` is set (the head's own draws are shared
// by its channels), or rows x 0 where settings hold no gate; with_outputs: queries normalise(N(0, I)) and values
// N(0, I), rows x head_dim.
TokenInputs generate_head(const Settings& settings, Rule rule, int rows, const RandomStream& random,
                          bool with_outputs, bool channel_gates);

}  // namespace tristab
