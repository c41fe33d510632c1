// A share as people say it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace tristab {

// Of a part from 0 to 1 (more counts as 1): "54%", "less than 1%".
inline std::string percent(double part) {
  return part < 0.01 ? "less than 1%" : fmt::format("{:.0f}%", 100 * std::min(part, 1.0));
}

}  // namespace tristab
