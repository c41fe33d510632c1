#include "tristab/sweep/formed_input.h"

#include "tristab/base/elementary.h"

namespace tristab {

std::optional<Matrix> formed_matrix(const TokenInputs* tokens, const Setting& setting, Machines& machines) {
  if (tokens == nullptr || !setting.is_formed()) return std::nullopt;
  const Formation& formation = *setting.formation;
  const bool channels = tokens->log_decay.columns() > 1;
  if (setting.kernel != nullptr && formation.kind == Formation::Kind::gram && channels) return std::nullopt;
  return form(factors_of(*tokens), Triangle::strictly_lower, formation, machines);
}

std::optional<Decay> decay_of(const TokenInputs* tokens, const Arithmetic& arithmetic) {
  if (tokens == nullptr) return std::nullopt;
  GatedFactors ungated = factors_of(*tokens);
  if (ungated.left_before_decay || ungated.log_decay.columns() > 1) return std::nullopt;
  ungated.log_decay = Matrix(tokens->rows(), 0);
  const Matrix sums = running_sums(tokens->log_decay);
  const int n = tokens->rows();
  Decay decay{round_input(gated_product(ungated, Triangle::strictly_lower), arithmetic), Matrix(n, n)};
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      decay.factors(i, j) = sums.columns() == 0 ? 1.0 : exponential(sums(i, 0) - sums(j, 0));
    }
  }
  return decay;
}

Inversion invert(const Setting& setting, const Matrix& a, const std::optional<Decay>& decay,
                 Machines& machines, std::uint64_t draws) {
  const Decay* factors = decay ? &*decay : nullptr;
  if (setting.kernel == nullptr) {
    return invert(*setting.method, *setting.arithmetic, a, machines.machine_for(*setting.arithmetic), draws,
                  factors);
  }
  const StageArithmetics stages = setting.kernel->stages();
  return invert(*setting.method, stages, a, machines.machine_for(stages), draws, factors);
}

}  // namespace tristab
