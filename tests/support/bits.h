// Comparison of results bit by bit. All NaN are equal: processors keep the payload of one operand, and which one
// depends on the instruction that the compiler chose, so the sign and payload of a NaN carry no information.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tristab {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

inline bool same_bits(double x, double y) {
  return (std::isnan(x) && std::isnan(y)) || std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
}

// EXPECT_PRED_FORMAT2(bits_equal, computed, expected)
inline ::testing::AssertionResult bits_equal(const char* computed_text, const char* expected_text, double computed,
                                             double expected) {
  if (same_bits(computed, expected)) return ::testing::AssertionSuccess();
  char text[160];
  std::snprintf(text, sizeof text, "%a, expected %a", computed, expected);
  return ::testing::AssertionFailure() << computed_text << " = " << text << " (" << expected_text << ")";
}

}  // namespace tristab
