#include "simd_level.h"

#include <hwy/targets.h>

#include <stdexcept>

#include "tristab/arithmetic/kernels.h"

namespace tristab {
namespace {

// In Highway a better x86 target has a lower bit. The bits above HWY_SSSE3 are targets that every machine has.
constexpr std::int64_t avx512_targets = HWY_AVX2 - 1;
constexpr std::int64_t fallback_targets = ~(2 * HWY_SSSE3 - 1) & INT64_MAX;

}  // namespace

std::span<const SimdLevel> simd_levels() {
  static const SimdLevel levels[] = {{"avx512", avx512_targets}, {"avx2", HWY_AVX2}, {"baseline", fallback_targets}};
  return levels;
}

void force_level(const SimdLevel& level) {
  hwy::SetSupportedTargetsForTest(0);
  const std::int64_t supported = hwy::SupportedTargets() & level.targets;
  hwy::SetSupportedTargetsForTest(supported != 0 ? supported : level.targets);
}

std::vector<SimdLevel> supported_levels() {
  hwy::SetSupportedTargetsForTest(0);
  const std::int64_t supported = hwy::SupportedTargets();
  std::vector<SimdLevel> found;
  for (const SimdLevel& level : simd_levels()) {
    if ((supported & level.targets) == 0) continue;
    force_level(level);
    if (simd_level() == level.name) found.push_back(level);
  }
  hwy::SetSupportedTargetsForTest(0);
  if (found.empty()) throw std::logic_error("simd_level() of the kernels knows none of the measured levels");
  return found;
}

}  // namespace tristab
