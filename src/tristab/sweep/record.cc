#include "tristab/sweep/record.h"

#include <fmt/format.h>

namespace tristab {

std::string Input::label() const {
  const std::string text = fmt::format("{} n={}", family->label, n);
  return scenario->name.empty() ? text : fmt::format("{}: {}", scenario->name, text);
}

}  // namespace tristab
