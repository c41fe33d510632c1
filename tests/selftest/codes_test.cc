// Bit patterns and their values, against the tests' own decoder and the formats' published values.
#include "tristab/selftest/codes.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <stdexcept>

#include "support/hardware_vectors.h"

namespace tristab::codes_test {

std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }

TEST(Codes, every_value_is_that_of_another_decoder) {
  for (const char* format : {"fp16", "bf16"}) {
    for (std::uint32_t code = 0; code < 65536; ++code)
      ASSERT_EQ(bits(selftest::value_of_code(format, code)), bits(value_of_bits(format, code)))
          << format << ' ' << code;
  }
  for (const char* format : {"e4m3", "e5m2"}) {
    for (std::uint32_t code = 0; code < 256; ++code)
      ASSERT_EQ(bits(selftest::value_of_code(format, code)), bits(value_of_bits(format, code)))
          << format << ' ' << code;
  }
  for (std::uint32_t i = 0; i < 100000; ++i) ASSERT_EQ(bits(selftest::value_of_code("fp32", i * 42949U)), i * 42949U);
}

TEST(Codes, published_values) {
  EXPECT_EQ(selftest::value_of_code("fp16", 0x7bff), 65504.0F);
  EXPECT_EQ(selftest::value_of_code("fp16", 0x0001), 0x1p-24F);
  EXPECT_EQ(selftest::value_of_code("e4m3", 0x7e), 448.0F);
  EXPECT_TRUE(std::isnan(selftest::value_of_code("e4m3", 0x7f)));
  EXPECT_EQ(selftest::value_of_code("e5m2", 0x7b), 57344.0F);
  EXPECT_TRUE(std::isinf(selftest::value_of_code("e5m2", 0xfc)));
  EXPECT_EQ(selftest::value_of_code("bf16", 0x3f80), 1.0F);
  EXPECT_THROW(selftest::value_of_code("fp24", 0), std::logic_error);
}

TEST(Codes, every_number_of_fp16_has_its_code_and_others_have_none) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const float value = selftest::value_of_code("fp16", code);
    ASSERT_EQ(selftest::code_of_value("fp16", value), std::isnan(value) ? 0x7fffU : code);
  }
  for (const float none : {65520.0F, 0x1p-25F, 1.0F + 0x1p-11F, 0x1.8p-24F})
    EXPECT_EQ(selftest::code_of_value("fp16", none), 0xffffffffU) << none;
  EXPECT_EQ(selftest::code_of_value("fp32", -NAN), 0x7fffffffU);
  EXPECT_EQ(selftest::code_of_value("fp32", -0.0F), 0x80000000U);
}

}  // namespace tristab::codes_test
