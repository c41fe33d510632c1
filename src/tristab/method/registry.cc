#include "tristab/method/registry.h"

#include <fmt/format.h>

#include "tristab/base/errors.h"

namespace tristab {

std::span<const Method> methods() {
  static const std::vector<Method> list{
      row_substitution_method(),
      solve_method(),
      column_sweep_method(),
      matrix_column_sweep_method(),
      gauss_jordan_method(),
      mch_method(),
      neumann_method(),
      paterson_stockmeyer_method(),
      mbh_method(),
      ladder_method(),
      mxr_method(),
      blocked_substitution_method(),
      bounded_doubling_method(),
      recursive_method(),
      newton_schulz_method(),
      residual_neumann_method(),
      refine_method(),
      ungated_method(),
  };
  return list;
}

Method in_one_stage(Method method) {
  method.invert = [stage = method.stages.front(), invert_blocks = method.invert_blocks](
                      const Value& a, Machine& machine, const Settings& settings) {
    return invert_blocks(a, machine, machine.stage(stage), settings, RoundTo::accumulator);
  };
  return method;
}

const Method& find_method(std::string_view name, std::string_view place) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (method.description.name == name) return method;
    names.push_back(method.description.name);
  }
  throw_unknown_name(place, "method", name, names);
}

void throw_conflict(std::string_view place, std::string_view one, std::string_view other, std::string_view allowed) {
  refuse(place, fmt::format("{} together with {}", one, other), allowed);
}

}  // namespace tristab
