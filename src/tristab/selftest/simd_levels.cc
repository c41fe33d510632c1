#include "tristab/selftest/simd_levels.h"

#include <hwy/targets.h>

#include "tristab/arithmetic/kernels.h"

namespace tristab::selftest {

UseLevel::UseLevel(const SimdLevel& level) { hwy::SetSupportedTargetsForTest(level.target); }
UseLevel::~UseLevel() { hwy::SetSupportedTargetsForTest(0); }

const std::vector<SimdLevel>& simd_levels() {
  static const std::vector<SimdLevel> levels = [] {
    std::vector<SimdLevel> found;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
      const UseLevel use({"", target});
      found.push_back({simd_level(), target});
    }
    return found;
  }();
  return levels;
}

std::string simd_level_names() {
  std::string names;
  for (const SimdLevel& level : simd_levels()) names.append(names.empty() ? "" : ", ").append(level.name);
  return names;
}

void for_each_simd_level(const std::function<void(const std::string&)>& action) {
  for (const SimdLevel& level : simd_levels()) {
    const UseLevel use(level);
    action(level.name);
  }
}

}  // namespace tristab::selftest
