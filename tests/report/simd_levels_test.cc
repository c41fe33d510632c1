#include <gtest/gtest.h>

#include "small_sweep.h"
#include "support/simd_levels.h"

namespace tristab::simd_levels_test {

// Everything of a result from `config` on: tool and run name the level and have times.
std::string comparable(const SweepConfig& config) {
  const std::string text = written(config, ResultFormat::json, 2);
  return text.substr(text.find("\n\"config\""));
}

TEST(SimdLevels, every_level_gives_the_same_bytes) {
  for (const SweepConfig& config : {small_config(), layered_config()}) {
    std::string first;
    for_each_simd_level([&](const std::string& level) {
      const std::string bytes = comparable(config);
      if (first.empty()) first = bytes;
      EXPECT_TRUE(bytes == first) << level;
    });
  }
}

}  // namespace tristab::simd_levels_test
