#include "tristab/format/format_explanation.h"

#include <gtest/gtest.h>

namespace tristab::format_explanation_test {

FormatExplanation of(const char* name) { return explain(format_of(name, "test")); }

// IEEE 754-2019 table 3.5, OFP8 1.0 table 1 and MX 1.0 table 5 (field widths and biases).
TEST(FormatExplanation, layouts_are_those_of_the_standards) {
  EXPECT_EQ(of("fp64").layout, "64 bits: 1 sign s, 11 exponent e (bias 1023), 52 fraction f");
  EXPECT_EQ(of("fp32").layout, "32 bits: 1 sign s, 8 exponent e (bias 127), 23 fraction f");
  EXPECT_EQ(of("bf16").layout, "16 bits: 1 sign s, 8 exponent e (bias 127), 7 fraction f");
  EXPECT_EQ(of("fp16").layout, "16 bits: 1 sign s, 5 exponent e (bias 15), 10 fraction f");
  EXPECT_EQ(of("e5m2").layout, "8 bits: 1 sign s, 5 exponent e (bias 15), 2 fraction f");
  EXPECT_EQ(of("e4m3").layout, "8 bits: 1 sign s, 4 exponent e (bias 7), 3 fraction f");
  EXPECT_EQ(of("e3m2").layout, "6 bits: 1 sign s, 3 exponent e (bias 3), 2 fraction f");
  EXPECT_EQ(of("e2m3").layout, "6 bits: 1 sign s, 2 exponent e (bias 1), 3 fraction f");
  EXPECT_EQ(of("e2m1").layout, "4 bits: 1 sign s, 2 exponent e (bias 1), 1 fraction f");
  EXPECT_NE(of("tf32").layout.find("8 exponent e (bias 127), 10 fraction f, 13 unused"), std::string::npos);
}

TEST(FormatExplanation, special_codes_are_those_of_the_standards) {
  EXPECT_EQ(of("fp16").special, "e = 31: infinity where f = 0, NaN elsewhere");
  EXPECT_EQ(of("e5m2").special, "e = 31: infinity where f = 0, NaN elsewhere");
  EXPECT_EQ(of("fp64").special, "e = 2047: infinity where f = 0, NaN elsewhere");
  EXPECT_EQ(of("e4m3").special, "e = 15, f = 7: NaN; no infinities");
  for (const char* name : {"e3m2", "e2m3", "e2m1"}) {
    EXPECT_TRUE(of(name).special.starts_with("none")) << name;
  }
}

// All codes but those of infinities and NaN, the two zeros counted once: 2^16 - 2^11 - 1 of fp16.
TEST(FormatExplanation, finite_values_are_counted) {
  EXPECT_TRUE(of("fp16").values.starts_with("63487 "));
  EXPECT_TRUE(of("bf16").values.starts_with("65279 "));
  EXPECT_TRUE(of("e5m2").values.starts_with("247 "));
  EXPECT_TRUE(of("e4m3").values.starts_with("253 "));
  EXPECT_TRUE(of("fp16-flush").values.starts_with("61441 "));
}

// MX 1.0, section 5.3.3 lists the eight values of E2M1.
TEST(FormatExplanation, small_formats_name_their_values) {
  EXPECT_EQ(of("e2m1").values, "0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives");
  EXPECT_NE(of("e3m2").values.find("0, 0.0625, 0.125"), std::string::npos);
  EXPECT_NE(of("e3m2").values.find("24, 28 and"), std::string::npos);
}

TEST(FormatExplanation, formulas_give_the_smallest_values) {
  EXPECT_EQ(of("fp16").formula, "x = (-1)^s (1 + f 2^-10) 2^(e - 15) for 1 <= e <= 30; at e = 0 (-1)^s f 2^-24");
  EXPECT_NE(of("fp16-flush").formula.find("at e = 0 zero"), std::string::npos);
}

}  // namespace tristab::format_explanation_test
