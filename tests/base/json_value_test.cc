#include "tristab/base/json_value.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tristab/base/json.h"

namespace tristab::json_value_test {

TEST(JsonValue, holds_null_until_it_holds_something) {
  EXPECT_TRUE(JsonValue().is_null());
  EXPECT_TRUE(JsonValue(nullptr).is_null());
  EXPECT_EQ(JsonValue().json(), Json());
  EXPECT_TRUE(JsonValue(Json()).is_null());
  EXPECT_FALSE(JsonValue(0).is_null());
}

TEST(JsonValue, numbers_texts_and_flags_are_those_of_json) {
  EXPECT_EQ(JsonValue(16).json().dump(), "16");
  EXPECT_EQ(JsonValue(std::uint64_t{9007199254740992}).json().dump(), "9007199254740992");
  EXPECT_EQ(JsonValue(16.0).json().dump(), "16.0");
  EXPECT_EQ(JsonValue(true).json().dump(), "true");
  EXPECT_EQ(JsonValue("auto").json().dump(), "\"auto\"");
  EXPECT_EQ(JsonValue(std::string("auto")).json().dump(), "\"auto\"");
  EXPECT_EQ(JsonValue(Json{{"a", {1, 2}}}).json().dump(), R"({"a":[1,2]})");
}

TEST(JsonValue, equal_values_are_equal_and_copies_share_theirs) {
  const JsonValue one(Json{{"a", 1}}), same(Json{{"a", 1}}), other(Json{{"a", 2}});
  EXPECT_EQ(one, same);
  EXPECT_FALSE(one == other);
  const JsonValue copy = one;
  EXPECT_EQ(&copy.json(), &one.json());
}

TEST(Quoted, is_json_text_of_at_most_60_bytes) {
  EXPECT_EQ(quoted(Json{{"a", {1, "x"}}}), R"({"a":[1,"x"]})");
  const std::string long_text(58, 'x');
  EXPECT_EQ(quoted(Json(long_text)), fmt::format("\"{}\"", long_text));
  EXPECT_EQ(quoted(Json(long_text + "x")), fmt::format("\"{}x...", long_text));
  EXPECT_EQ(quoted(Json(long_text + "\xc3\xa4z")), fmt::format("\"{}...", long_text));  // between characters
  EXPECT_EQ(quoted(Json("\xff")), "\"\xef\xbf\xbd\"");
}

}  // namespace tristab::json_value_test
