#include "tristab/sweep/record.h"

#include <fmt/format.h>

namespace tristab {

std::string Input::label() const {
  const std::string text = fmt::format("{} n={}", family->label, n);
  return scenario->name.empty() ? text : fmt::format("{}: {}", scenario->name, text);
}

const LayerArithmetic& LayerResult::arithmetic_of(const Setting& setting) const {
  return setting.kernel != nullptr && setting.kernel->layer ? *setting.kernel->layer : input.scenario->layer_arithmetic;
}

}  // namespace tristab
