// The delta rules: for each recurrence the strictly lower triangular A of a chunk whose inverse (I + A)^-1 its chunked
// form needs. One file a rule.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tristab/matrix/gated_product.h"
#include "tristab/matrix/token_inputs.h"

namespace tristab {

struct DeltaRule {
  Rule rule;
  std::string name;        // "gdn"
  std::string recurrence;  // the token-by-token definition
  std::string formula;     // of A
  std::string source;
  // A's factors; throws std::logic_error where the inputs' shapes are not those of the rule.
  GatedFactors (*factors)(const TokenInputs& tokens);
};

std::span<const DeltaRule> delta_rules();  // in listing order
const DeltaRule& rule_of(Rule rule);

// A of one chunk in double, strictly lower triangular, n x n.
Matrix delta_rule_matrix(const TokenInputs& chunk);

DeltaRule delta_net_rule();
DeltaRule gdn_rule();
DeltaRule kda_rule();
DeltaRule gdn2_rule();
DeltaRule dplr_rule();
DeltaRule comba_rule();

// Throws std::logic_error unless the chunk has one beta a key and `width` decays a token (-1: as many as channels).
void check_gates(const TokenInputs& tokens, int width, bool has_beta);

}  // namespace tristab
