#include "tristab/base/json_member.h"

#include <gtest/gtest.h>

#include <limits>

namespace tristab::json_member_test {

constexpr auto limits = std::numeric_limits<std::int64_t>();

std::optional<std::int64_t> whole(const char* text) {
  return whole_number(Json::parse(text), limits.min(), limits.max());
}

TEST(WholeNumber, may_be_written_in_any_way) {
  EXPECT_EQ(whole("16"), 16);
  EXPECT_EQ(whole("16.0"), 16);
  EXPECT_EQ(whole("1.6e1"), 16);
  EXPECT_EQ(whole("-0.0"), 0);
  EXPECT_EQ(whole("9223372036854775807"), limits.max());
  EXPECT_EQ(whole("-9223372036854775808"), limits.min());
}

TEST(WholeNumber, is_none_for_what_64_bits_cannot_hold_or_is_no_whole_number) {
  for (const char* text : {"9223372036854775808", "18446744073709551615", "9.3e18", "-1e300", "0.5", "null", "true",
                           "\"16\"", "[16]", "{}"})
    EXPECT_EQ(whole(text), std::nullopt) << text;
}

TEST(WholeNumber, is_none_outside_its_limits) {
  EXPECT_EQ(whole_number(Json(3), 1, 3), 3);
  EXPECT_EQ(whole_number(Json(4), 1, 3), std::nullopt);
  EXPECT_EQ(whole_number(Json(0.0), 1, 3), std::nullopt);
  EXPECT_EQ(whole_number(Json(4294967297), 1, 3), std::nullopt);  // 1 in 32 bits
}

}  // namespace tristab::json_member_test
