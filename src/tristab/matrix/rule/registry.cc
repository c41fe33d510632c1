#include <algorithm>
#include <stdexcept>

#include "tristab/matrix/rule/rule.h"

namespace tristab {

DeltaRule delta_net_rule();
DeltaRule gdn_rule();
DeltaRule delta_product_rule();
DeltaRule kda_rule();
DeltaRule comba_rule();
DeltaRule pgdn_rule();
DeltaRule pkda_rule();
DeltaRule gdn2_rule();
DeltaRule rwkv7_rule();
DeltaRule dplr_rule();

std::span<const DeltaRule> delta_rules() {
  static const std::vector<DeltaRule> all{delta_net_rule(), gdn_rule(),  delta_product_rule(), kda_rule(),
                                          comba_rule(),     pgdn_rule(), pkda_rule(),          gdn2_rule(),
                                          rwkv7_rule(),     dplr_rule()};
  return all;
}

const DeltaRule& delta_rule(std::string_view name) {
  const auto found = std::ranges::find(delta_rules(), name, &DeltaRule::name);
  if (found == delta_rules().end()) throw std::logic_error("no delta rule " + std::string(name));
  return *found;
}

GatedFactors factors_of(const TokenInputs& tokens) {
  const DeltaRule& rule = *tokens.rule;
  const int n = tokens.rows(), dim = tokens.keys.columns();
  const auto check = [&](const Matrix& x, int columns, const std::string& name) {
    if (x.rows() != n || x.columns() != columns)
      throw std::logic_error(name + " of another shape than the rule " + rule.name + " has it");
  };
  if (!rule.decay_optional || tokens.log_decay.columns() > 0)
    check(tokens.log_decay, rule.decay == DecayWidth::none ? 0 : rule.decay == DecayWidth::head ? 1 : dim, "g");
  for (const RulePart& part : rule.parts) {
    if (part.shape == PartShape::value) continue;  // only outputs need it
    check(tokens.part(part.name), part.shape == PartShape::scalar ? 1 : dim, part.name);
  }
  return rule.factors(tokens);
}

bool DeltaRule::has_scalar_rate() const {
  return std::ranges::any_of(
      parts, [&](const RulePart& part) { return part.name == erase_rate && part.shape == PartShape::scalar; });
}

Matrix delta_rule_matrix(const TokenInputs& chunk) {
  return gated_product(factors_of(chunk), Triangle::strictly_lower);
}

Matrix elementwise_product(Matrix x, const Matrix& y) {
  for (std::size_t i = 0; i < x.values().size(); ++i) x.values()[i] *= y.values()[i];
  return x;
}

}  // namespace tristab
