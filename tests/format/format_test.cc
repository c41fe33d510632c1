// The fields of the formats against the tables of IEEE 754-2019 and of the formats' own papers, written out
// here.
#include "tristab/format/format.h"
#include "tristab/format/format_name.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "tristab/base/errors.h"

namespace tristab::format_test {

struct Row {
  const char* name;
  int precision, min_exponent, max_exponent, bits;
  double largest, smallest_normal, smallest_subnormal, unit_roundoff;
};

const Row kRows[] = {
    {"fp64", 53, -1022, 1023, 64, 0x1.fffffffffffffp1023, 0x1p-1022, 0x1p-1074, 0x1p-53},
    {"fp32", 24, -126, 127, 32, 0x1.fffffep127, 0x1p-126, 0x1p-149, 0x1p-24},
    {"tf32", 11, -126, 127, 32, 0x1.ffcp127, 0x1p-126, 0x1p-136, 0x1p-11},
    {"bf16", 8, -126, 127, 16, 0x1.fep127, 0x1p-126, 0x1p-133, 0x1p-8},
    {"fp16", 11, -14, 15, 16, 65504, 0x1p-14, 0x1p-24, 0x1p-11},
    {"e5m2", 3, -14, 15, 8, 57344, 0x1p-14, 0x1p-16, 0x1p-3},
    {"e4m3", 4, -6, 8, 8, 448, 0x1p-6, 0x1p-9, 0x1p-4},  // OCP: 480 is NaN's code; IEEE-style would end at 240
    {"e3m2", 3, -2, 4, 6, 28, 0x1p-2, 0x1p-4, 0x1p-3},
    {"e2m3", 4, 0, 2, 6, 7.5, 1, 0.125, 0x1p-4},
    {"e2m1", 2, 0, 2, 4, 6, 1, 0.5, 0x1p-2},
    {"e3m4", 5, -2, 3, 8, 15.5, 0x1p-2, 0x1p-6, 0x1p-5},
    {"p4emin-6emax8", 4, -6, 8, 9, 480, 0x1p-6, 0x1p-9, 0x1p-4},
    {"e5m7", 8, -14, 15, 13, 65280, 0x1p-14, 0x1p-21, 0x1p-8},
    {"e9m50", 51, -254, 255, 60, 0x1.ffffffffffffcp255, 0x1p-254, 0x1p-304, 0x1p-51},
};

TEST(Format, fields_are_those_of_the_standards) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    const Format format = format_of(row.name, "test");
    EXPECT_EQ(format.name, row.name);
    EXPECT_EQ(format.precision, row.precision);
    EXPECT_EQ(format.min_exponent, row.min_exponent);
    EXPECT_EQ(format.max_exponent, row.max_exponent);
    EXPECT_EQ(format.bits, row.bits);
    EXPECT_EQ(format.largest(), row.largest);
    EXPECT_EQ(format.smallest_normal(), row.smallest_normal);
    EXPECT_EQ(format.smallest_subnormal(), row.smallest_subnormal);
    EXPECT_EQ(format.unit_roundoff(), row.unit_roundoff);
  }
}

TEST(Format, exmy_names_give_the_named_formats) {
  EXPECT_EQ(format_of("e5m10", "test"), format_of("fp16", "test"));
  EXPECT_EQ(format_of("e8m7", "test"), format_of("bf16", "test"));
  EXPECT_EQ(format_of("e8m23", "test"), format_of("fp32", "test"));
  EXPECT_EQ(format_of("e11m52", "test"), format_of("fp64", "test"));
  EXPECT_EQ(format_of("e8m10", "test"), format_of("tf32", "test"));
  EXPECT_EQ(format_of("e11m52", "test").name, "e11m52");
  EXPECT_EQ(format_of("e8m10", "test").bits, 19);  // as named: only tf32 itself is stored in 32 bits
  EXPECT_NE(format_of("e5m10", "test"), format_of("bf16", "test"));
}

TEST(Format, every_exmy_has_ieee_bias_and_width) {
  for (int x = 2; x <= 9; ++x) {
    for (int y = 1; y <= 50; ++y) {
      const std::string name = fmt::format("e{}m{}", x, y);
      if (name == "e4m3" || name == "e3m2" || name == "e2m3" || name == "e2m1") continue;  // OCP's
      const Format format = format_of(name, "test");
      const int bias = static_cast<int>(std::ldexp(1.0, x - 1)) - 1;
      ASSERT_EQ(format.precision, y + 1);
      ASSERT_EQ(format.min_exponent, 1 - bias);
      ASSERT_EQ(format.max_exponent, bias);
      ASSERT_EQ(format.bits, 1 + x + y);
    }
  }
}

TEST(Format, inside_means_that_every_value_is_shared) {
  const auto inside = [](const char* inner, const char* outer) {
    return format_of(inner, "test").inside(format_of(outer, "test"));
  };
  EXPECT_TRUE(inside("fp16", "fp32"));
  EXPECT_TRUE(inside("fp16", "tf32"));
  EXPECT_TRUE(inside("bf16", "tf32"));
  EXPECT_TRUE(inside("fp16", "fp16"));
  EXPECT_FALSE(inside("fp16", "bf16"));
  EXPECT_FALSE(inside("bf16", "fp16"));
  EXPECT_FALSE(inside("fp32", "tf32"));
  EXPECT_FALSE(inside("e9m3", "fp32"));
  EXPECT_FALSE(inside("e8m24", "fp32"));
  EXPECT_TRUE(inside("e7m23", "fp32"));
  // Subnormals of e5m2 have the quantum 2^-16, those of e4m3 2^-9: neither format contains the other.
  EXPECT_FALSE(inside("e4m3", "e5m2"));
  EXPECT_TRUE(inside("e2m1", "e4m3"));
}

TEST(Format, modifiers_of_a_name_change_overflow_and_subnormals) {
  EXPECT_EQ(format_of("e4m3", "test").overflow, Overflow::nan);
  EXPECT_EQ(format_of("e5m2", "test").overflow, Overflow::infinity);
  EXPECT_EQ(format_of("e2m1", "test").overflow, Overflow::saturate);
  EXPECT_EQ(format_of("e4m3-saturate", "test").overflow, Overflow::saturate);
  EXPECT_EQ(format_of("e4m3-saturate", "test").largest(), 448);
  EXPECT_EQ(format_of("fp16-nan-flush", "test").overflow, Overflow::nan);
  EXPECT_FALSE(format_of("fp16-nan-flush", "test").subnormals);
  EXPECT_TRUE(format_of("fp16-nan", "test").subnormals);
  EXPECT_FALSE(format_of("p5emin-20emax9-flush", "test").subnormals);
  EXPECT_NE(format_of("fp16-saturate", "test"), format_of("fp16", "test"));
  EXPECT_NE(format_of("fp16-flush", "test"), format_of("fp16", "test"));
}

// A format's name is its identity in results: one format has one name, and the name gives the format back.
TEST(Format, names_of_changed_formats_give_the_same_format_again) {
  for (const char* name : {"fp16", "e4m3", "e2m1", "e4m3-saturate", "bf16-flush", "e5m2-nan-flush"}) {
    for (const Overflow overflow : {Overflow::infinity, Overflow::nan, Overflow::saturate}) {
      const Format changed = with_overflow(format_of(name, "test"), overflow);
      EXPECT_EQ(changed.overflow, overflow);
      EXPECT_EQ(format_of(changed.name, "test"), changed) << changed.name;
      EXPECT_EQ(format_of(changed.name, "test").name, changed.name);
      const Format flushed = without_subnormals(changed);
      EXPECT_FALSE(flushed.subnormals);
      EXPECT_EQ(format_of(flushed.name, "test"), flushed) << flushed.name;
    }
  }
  EXPECT_EQ(format_of("e4m3-nan", "test").name, "e4m3");
  EXPECT_EQ(format_of("fp16-infinity", "test").name, "fp16");
}

TEST(Format, a_format_lies_inside_one_with_subnormals_or_range_it_lacks) {
  EXPECT_TRUE(format_of("fp16-flush", "test").inside(format_of("fp16", "test")));
  EXPECT_FALSE(format_of("fp16", "test").inside(format_of("fp16-flush", "test")));
  EXPECT_FALSE(format_of("p4emin-6emax8", "test").inside(format_of("e4m3", "test")));  // 480
  EXPECT_TRUE(format_of("e4m3", "test").inside(format_of("p4emin-6emax8", "test")));
}

std::string refusal(const char* name) {
  try {
    format_of(name, "config.json: /arithmetics/0");
  } catch (const UsageError& error) {
    return error.what();
  }
  ADD_FAILURE() << name << " was accepted";
  return "";
}

TEST(Format, exmy_out_of_range_is_refused_with_the_range) {
  for (const char* name : {"e1m3", "e10m5", "e5m0", "e5m51", "e11m51", "e11m53", "e0m0", "e12m52"}) {
    EXPECT_EQ(refusal(name),
              std::string("config.json: /arithmetics/0: found format '") + name +
                  "'; allowed: eXmY with X from 2 to 9 exponent bits and Y from 1 to 50 fraction bits, or "
                  "e11m52");
  }
}

TEST(Format, unknown_names_are_refused_with_the_nearest) {
  const std::string message = refusal("fp61");
  EXPECT_TRUE(message.starts_with("config.json: /arithmetics/0: no format is called 'fp61'; did you mean 'fp64'?"))
      << message;
  EXPECT_TRUE(
      message.ends_with("Allowed: fp64, fp32, tf32, bf16, fp16, e5m2, e4m3, e3m2, e2m3, e2m1, eXmY, pPeminEemaxE"))
      << message;
  EXPECT_NE(refusal("bf61").find("no format is called 'bf61'; did you mean 'bf16'?"), std::string::npos);
  EXPECT_NE(refusal("FP61").find("did you mean 'fp64'?"), std::string::npos);
}

TEST(Format, text_that_only_begins_like_exmy_is_refused) {
  for (const char* name :
       {"", "e", "e5", "e5m", "em5", "e5m7x", "e5m7 ", " e5m7", "e5x7", "e5m7m7", "e99999999999m7"}) {
    EXPECT_FALSE(looks_like_format(name)) << name;
    EXPECT_NE(refusal(name).find("no format is called"), std::string::npos) << name;
  }
  EXPECT_TRUE(looks_like_format("e5m7"));
  EXPECT_TRUE(looks_like_format("tf32"));
  EXPECT_FALSE(refusal("e-5m7").empty());
  EXPECT_FALSE(refusal("e5m-7").empty());
}

// One spelling a format: names go into case ids.
TEST(Format, leading_zeros_and_signs_are_refused) {
  for (const char* name : {"e05m7", "e5m07", "e5m+7", "e+5m7"}) EXPECT_FALSE(refusal(name).empty()) << name;
}

TEST(Format, rounding_names_name_their_modes) {
  EXPECT_EQ(rounding_of("nearest-even"), Rounding::nearest_even);
  EXPECT_EQ(rounding_of("nearest-away"), Rounding::nearest_away);
  EXPECT_EQ(rounding_of("toward-zero"), Rounding::toward_zero);
  EXPECT_EQ(rounding_of("up"), Rounding::up);
  EXPECT_EQ(rounding_of("down"), Rounding::down);
  EXPECT_EQ(rounding_of("to-odd"), Rounding::to_odd);
  for (const std::string& name : rounding_names()) EXPECT_EQ(name_of(rounding_of(name)), name);
  EXPECT_THROW(rounding_of("nearest"), std::logic_error);
}

TEST(Format, powers_of_two_are_exact_over_the_whole_range_of_double) {
  for (int e = -1080; e <= 1023; ++e) ASSERT_EQ(power_of_two(e), std::ldexp(1.0, e)) << e;
  EXPECT_EQ(power_of_two(1024), std::numeric_limits<double>::infinity());
}

TEST(Format, other_spellings_are_understood) {
  const std::pair<const char*, const char*> spellings[] = {{"FP16", "fp16"},
                                                           {"float16", "fp16"},
                                                           {"bfloat16", "bf16"},
                                                           {"BF16", "bf16"},
                                                           {"Float32", "fp32"},
                                                           {"half", "fp16"},
                                                           {"double", "fp64"},
                                                           {"E5M7", "e5m7"},
                                                           {"TF32", "tf32"},
                                                           {"tfloat32", "tf32"},
                                                           {"float8_e4m3fn", "e4m3"},
                                                           {"float8_e5m2", "e5m2"},
                                                           {"float16-nan", "fp16-nan"},
                                                           {"bfloat16-h100", "bf16-h100"},
                                                           {"halfway", "halfway"}};
  for (const auto& [spelling, usual] : spellings) EXPECT_EQ(usual_format_name(spelling), usual);
  EXPECT_EQ(format_of("float16", "test").name, "fp16");
  EXPECT_EQ(format_of("BFLOAT16-saturate", "test").name, "bf16-saturate");
}

}  // namespace tristab::format_test
