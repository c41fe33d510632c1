// The SIMD levels that the kernels were compiled for and that this machine has. The level in use is a setting of the
// whole process: nothing else may run kernels while it is changed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tristab::selftest {

struct SimdLevel {
  std::string name;         // "avx512", "avx2", "baseline"
  std::int64_t target = 0;  // Highway's number
};

// Best first; the baseline of one lane is the last.
const std::vector<SimdLevel>& simd_levels();

// "avx512, avx2, baseline"
std::string simd_level_names();

// Uses one level during its lifetime, then the best one again.
class UseLevel {
 public:
  explicit UseLevel(const SimdLevel& level);
  ~UseLevel();
  UseLevel(const UseLevel&) = delete;
  UseLevel& operator=(const UseLevel&) = delete;
};

// Calls action(name) with each level in use.
void for_each_simd_level(const std::function<void(const std::string&)>& action);

}  // namespace tristab::selftest
