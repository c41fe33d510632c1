#include "tristab/sweep/formed_input.h"

namespace tristab {

std::optional<Matrix> formed_matrix(const TokenInputs* tokens, const Setting& setting, Machines& machines) {
  if (tokens == nullptr || !setting.is_formed()) return std::nullopt;
  const Formation& formation = *setting.formation;
  const bool channels = tokens->log_decay.columns() > 1;
  if (setting.kernel != nullptr && formation.kind == Formation::Kind::gram && channels) return std::nullopt;
  return form(factors_of(*tokens), Triangle::strictly_lower, formation, machines);
}

Inversion invert(const Setting& setting, const InversionInput& input, Machines& machines, std::uint64_t draws) {
  const StageArithmetics stages = setting.stages();
  return invert(*setting.method, stages, input, machines.machine_for(stages), draws);
}

}  // namespace tristab
