// The SIMD levels that are measured, each against Eigen built for the same one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tristab {

struct SimdLevel {
  std::string name;          // as the kernels' simd_level() calls it
  std::int64_t targets = 0;  // Highway's targets that belong to it, as bits
};

// avx512, avx2, baseline (SSE2).
std::span<const SimdLevel> simd_levels();

// Those that this machine has and the kernels were compiled for, best first.
std::vector<SimdLevel> supported_levels();

// Lets the kernels use this level and no better one, from now on and in every thread.
void force_level(const SimdLevel& level);

}  // namespace tristab
