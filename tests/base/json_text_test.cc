#include "tristab/base/json_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "tristab/base/json.h"
#include "tristab/base/random.h"

namespace tristab::json_text_test {

TEST(JsonText, numbers_read_back_as_the_same_bits) {
  const RandomStream random("json numbers");
  for (std::uint64_t k = 0; k < 20000; ++k) {
    const double x = std::bit_cast<double>(random.bits(k));
    if (!std::isfinite(x)) continue;
    const double back = Json::parse(json_number(x)).get<double>();
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(x)) << json_number(x);
  }
}

TEST(JsonText, numbers_are_short) {
  EXPECT_EQ(json_number(0.1), "0.1");
  EXPECT_EQ(json_number(8), "8");
  EXPECT_EQ(json_number(-0.0), "-0");
  EXPECT_EQ(json_number(1e300), "1e+300");
}

TEST(JsonText, whole_numbers_print_as_all_others) {
  const RandomStream random("whole json numbers");
  std::vector<double> numbers{0, 1, -1, 0x1p53 - 1, 0x1p53, 0x1p53 + 2, -0x1p53, 0x1p62, 1e15, 1e16, 0x1p63, 0x1p64};
  for (std::uint64_t k = 0; k < 20000; ++k)
    numbers.push_back(std::trunc(std::ldexp(random.uniform(2 * k), static_cast<int>(random.bits(2 * k + 1) % 60))));
  for (const double x : numbers) EXPECT_EQ(json_number(x), fmt::format("{}", x));
}

TEST(JsonText, what_is_not_finite_is_null) {
  EXPECT_EQ(json_number(std::nan("")), "null");
  EXPECT_EQ(json_number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json_text(Json{{"a", {1.5, std::nan("")}}}), R"({"a": [1.5, null]})");
}

TEST(JsonText, text_is_escaped_and_invalid_bytes_are_replaced) {
  EXPECT_EQ(json_string("a\"b\\\n"), R"("a\"b\\\n")");
  EXPECT_EQ(Json::parse(json_string("\xff")).get<std::string>(), "\xef\xbf\xbd");
  EXPECT_EQ(valid_utf8("a\"\xff\n"), "a\"\xef\xbf\xbd\n");
}

TEST(JsonText, every_ascii_character_is_escaped_as_the_library_does) {
  for (int c = 0; c < 128; ++c) {
    const std::string text = std::string("a") + static_cast<char>(c) + "b";
    EXPECT_EQ(json_string(text), Json(text).dump());
    EXPECT_EQ(JsonObject().flag(text, true).str(), "{" + Json(text).dump() + ": true}");
  }
}

TEST(JsonText, an_object_may_begin_behind_a_text) {
  JsonObject object("[");
  object.raw("a", "1").text(std::string("b"), "x");
  EXPECT_EQ(std::move(object).str(), R"([{"a": 1, "b": "x"})");
}

TEST(JsonText, objects_keep_their_order) {
  JsonObject object;
  EXPECT_TRUE(object.empty());
  object.text("z", "1").integer("a", -2).number("m", 0.5).flag("t", true).raw("l", JsonArray().raw("1").raw("2").str());
  EXPECT_EQ(object.str(), R"({"z": "1", "a": -2, "m": 0.5, "t": true, "l": [1, 2]})");
}

}  // namespace tristab::json_text_test
