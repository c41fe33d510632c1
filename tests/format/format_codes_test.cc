// Codes of formats: against the machine's own fp32 and fp64, against published codes, and both ways for every code.
#include "tristab/format/format_codes.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace tristab::format_codes_test {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(FormatCodes, of_fp32_and_fp64_are_those_of_the_machine) {
  for (const double x : {0.0, -0.0, 1.0, -1.5, 0x1p-126, 0x1p-149, 0x1.fffffep127, -0x1.8p-130, infinity, -infinity}) {
    EXPECT_EQ(code_of(x, format_of("fp32", "")), std::bit_cast<std::uint32_t>(static_cast<float>(x))) << x;
    EXPECT_EQ(code_of(x, format_of("fp64", "")), std::bit_cast<std::uint64_t>(x)) << x;
  }
  EXPECT_EQ(code_of(1.5, format_of("tf32", "")), std::bit_cast<std::uint32_t>(1.5F));
}

// IEEE 754-2019 for fp16; OCP's specifications of 8-bit floating point (table 2) and of MX formats (tables 3 to 5).
TEST(FormatCodes, are_the_published_ones) {
  const struct {
    const char* format;
    double value;
    std::uint64_t code;
  } known[] = {{"fp16", 1.0, 0x3C00}, {"fp16", 65504, 0x7BFF}, {"fp16", 0x1p-24, 0x0001}, {"fp16", infinity, 0x7C00},
               {"bf16", 1.0, 0x3F80}, {"bf16", -2.0, 0xC000},  {"e4m3", 448, 0x7E},       {"e4m3", 0x1p-9, 0x01},
               {"e4m3", 1.0, 0x38},   {"e5m2", 57344, 0x7B},   {"e5m2", infinity, 0x7C},  {"e5m2", 0x1p-16, 0x01},
               {"e2m1", 6.0, 0x7},    {"e2m1", 0.5, 0x1},      {"e3m2", 28, 0x1F},        {"e2m3", 7.5, 0x1F}};
  for (const auto& [format, value, code] : known)
    EXPECT_EQ(code_of(value, format_of(format, "")), code) << format << " " << value;
  EXPECT_EQ(code_of(std::nan(""), format_of("e4m3", "")), 0x7F);
  EXPECT_EQ(code_of(std::nan(""), format_of("e2m1", "")), std::nullopt);
  EXPECT_EQ(code_of(infinity, format_of("e4m3", "")), std::nullopt);
}

TEST(FormatCodes, every_code_of_a_small_format_comes_back) {
  for (const char* name : {"e4m3", "e5m2", "e2m1", "e3m2", "e2m3", "fp16", "bf16", "e3m4", "e5m10-flush"}) {
    const Format format = format_of(name, "test");
    int nan = 0;
    double last = -1;
    for (std::uint64_t code = 0; code < std::uint64_t{1} << format.bits; ++code) {
      const double value = value_of_code(code, format);
      if (std::isnan(value)) {
        ++nan;
        continue;
      }
      const bool positive = code < std::uint64_t{1} << (format.bits - 1);
      if (positive) {
        EXPECT_GE(value, last) << name << " " << code;  // magnitudes ascend with the code
        last = value;
      }
      if (value == 0) continue;
      EXPECT_EQ(code_of(value, format), code) << name;
    }
    EXPECT_EQ(last, code_layout(format).has_infinities ? infinity : format.largest()) << name;
    EXPECT_EQ(nan > 0, code_layout(format).has_infinities || format.reserved_codes > 0) << name;
  }
}

}  // namespace tristab::format_codes_test
