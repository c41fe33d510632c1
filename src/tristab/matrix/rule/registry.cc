#include <algorithm>
#include <stdexcept>
#include <vector>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

std::span<const DeltaRule> delta_rules() {
  static const std::vector<DeltaRule> all{delta_net_rule(), gdn_rule(),  kda_rule(),
                                          gdn2_rule(),      dplr_rule(), comba_rule()};
  return all;
}

const DeltaRule& rule_of(Rule rule) { return *std::ranges::find(delta_rules(), rule, &DeltaRule::rule); }

Matrix delta_rule_matrix(const TokenInputs& chunk) {
  return gated_product(rule_of(chunk.rule).factors(chunk), Triangle::strictly_lower);
}

void check_gates(const TokenInputs& tokens, int width, bool has_beta) {
  const int n = tokens.rows(), columns = width < 0 ? tokens.keys.columns() : width;
  if (tokens.log_decay.rows() != n || tokens.log_decay.columns() != columns)
    throw std::logic_error("log decays of another shape than the rule's");
  if (has_beta && tokens.beta.size() != static_cast<std::size_t>(n)) throw std::logic_error("one beta a key");
}

}  // namespace tristab
