#include "tristab/base/json_reader.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tristab/base/errors.h"
#include "tristab/base/parameters.h"

namespace tristab::json_reader_test {

std::string message_of(const std::string& text) {
  try {
    parse_user_json(text, "x.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(JsonReader, syntax_errors_name_line_and_column) {
  const std::string message = message_of("{\n  \"trials\": ,\n}");
  EXPECT_NE(message.find("x.json: parse error at line 2, column 13"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(JsonReader, a_truncated_text_is_refused) {
  EXPECT_NE(message_of("{\"trials\": 4").find("unexpected end of input"), std::string::npos);
}

TEST(JsonReader, text_in_utf_16_is_named) {
  for (const std::string& text : {std::string("\xff\xfe{\0}\0", 6), std::string("\xfe\xff\0{\0}", 6)}) {
    EXPECT_NE(message_of(text).find("UTF-16, where JSON is UTF-8"), std::string::npos) << message_of(text);
    std::istringstream stream(text);
    EXPECT_THROW(static_cast<void>(parse_json(stream)), JsonError);
  }
  for (const std::string& text : {std::string("\xff\xd8\xff\xe0"), std::string("\xff"), std::string("\xfe{}")}) {
    EXPECT_NE(message_of(text).find("invalid literal"), std::string::npos) << message_of(text);  // a JPEG
    std::istringstream stream(text);
    try {
      static_cast<void>(parse_json(stream));
    } catch (const JsonError& error) {
      EXPECT_EQ(std::string(error.what()).find("UTF-16"), std::string::npos);
    }
  }
}

TEST(JsonReader, a_key_given_twice_is_refused_with_its_path) {
  EXPECT_EQ(message_of(R"({"a": 1, "b": [{"c": 1}, {"d": 1, "d": 2}]})"),
            "x.json: b[1].d: the key is given twice; allowed: once");
  EXPECT_EQ(message_of(R"({"a": {"b": 1}, "c": {"b": 1}})"), "");  // in different objects
}

std::string lists(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']');
}

std::string reason_against(const std::string& text) {
  try {
    static_cast<void>(parse_json(text));
  } catch (const JsonError& error) {
    return error.what();
  }
  return "";
}

TEST(JsonReader, depth_has_a_limit_in_texts_and_streams) {
  EXPECT_EQ(reason_against(lists(100)), "");
  EXPECT_EQ(reason_against(lists(101)), "nested deeper than 100 levels");
  EXPECT_EQ(reason_against(lists(1000000)), "nested deeper than 100 levels");
  std::istringstream stream("{\"a\": " + lists(200000) + "}");
  EXPECT_THROW(static_cast<void>(parse_json(stream)), JsonError);
  EXPECT_EQ(message_of("{\"seed\": " + lists(100) + "}"),
            "x.json: nested deeper than 100 levels; allowed: JSON (without comments)");
}

// The library takes a byte of value 0 for the end.
TEST(JsonReader, a_byte_of_value_0_does_not_end_a_text) {
  for (const std::string& text : {std::string("{}\0", 3), std::string("{\"a\": 1}\0garbage", 16)}) {
    EXPECT_EQ(reason_against(text), "a byte of value 0, which no JSON text has");
    std::istringstream stream(text);
    EXPECT_THROW(static_cast<void>(parse_json(stream)), JsonError);
  }
  std::istringstream whole("{\"a\": 1}\n");
  EXPECT_EQ(parse_json(whole)["a"], 1);
}

TEST(JsonReader, a_number_beyond_double_is_named_with_its_place) {
  const std::string what = " is beyond the largest number of double, 1.8e308";
  EXPECT_EQ(message_of("{\"a\": 1e999}"),
            "x.json: line 1, column 7: 1e999" + what + "; allowed: JSON (without comments)");
  EXPECT_EQ(reason_against("{\n  \"a\": 1,\n  \"b\": [-2.5e400, 1]\n}"), "line 3, column 9: -2.5e400" + what);
  EXPECT_EQ(reason_against("1e309"), "line 1, column 1: 1e309" + what);
  std::istringstream stream("{\"a\":\n 1e999}");
  try {
    static_cast<void>(parse_json(stream));
    FAIL();
  } catch (const JsonError& error) {
    EXPECT_EQ(error.what(), "byte 8: 1e999" + what);
  }
}

TEST(JsonReader, what_it_quotes_is_short) {
  EXPECT_LT(reason_against("[" + std::string(1000000, '1') + "x]").size(), 300u);
  EXPECT_LT(reason_against("[1" + std::string(1000000, '0') + "e5]").size(), 300u);
}

TEST(JsonReader, what_a_filter_leaves_out_is_not_in_the_value) {
  const JsonFilter without_b = [](int, Json::parse_event_t event, Json& parsed) {
    return event != Json::parse_event_t::key || parsed != "b";
  };
  EXPECT_EQ(parse_json(R"({"a": 1, "b": {"c": 2}})", without_b), (Json{{"a", 1}}));
}

// A parser that looks at all earlier members after each one takes minutes for these.
TEST(JsonReader, lists_and_objects_of_many_objects_are_read_member_by_member) {
  constexpr std::size_t count = 300000;
  std::string list = "[", object = "{";
  for (std::size_t k = 0; k < count; ++k) {
    list += k == 0 ? "{\"a\": 1}" : ", {\"a\": 1}";
    object += (k == 0 ? "\"" : ", \"") + std::to_string(k) + "\": {}";
  }
  EXPECT_EQ(parse_json(list + "]").size(), count);
  EXPECT_EQ(parse_json(object + "}").size(), count);
}

TEST(JsonReader, a_filter_sees_all_but_what_it_leaves_out) {
  std::string seen;
  const JsonFilter filter = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    constexpr const char* names[] = {"{", "}", "[", "]", "key", "value"};
    seen += names[static_cast<std::size_t>(event)] + std::to_string(depth);
    if (event == Event::object_start || event == Event::array_start)
      return seen.append(" ").size() > 0;  // has no value yet
    seen += parsed.dump() + " ";
    return parsed != "skip" && parsed != Json{{"drop", 1}} && parsed != 7;
  };
  const Json found = parse_json(R"({"a": [7, {"drop": 1}, {"b": null}], "skip": {"c": [1]}, "d": 2})", filter);
  EXPECT_EQ(found, Json::parse(R"({"a": [{"b": null}], "d": 2})"));
  EXPECT_EQ(seen,
            "{0 key1\"a\" [1 value27 {2 key3\"drop\" value31 }2{\"drop\":1} {2 key3\"b\" value3null "
            "}2{\"b\":null} ]1[{\"b\":null}] key1\"skip\" key1\"d\" value12 }0{\"a\":[{\"b\":null}],\"d\":2} ");
}

TEST(JsonReader, of_a_key_given_twice_the_last_value_stays) {
  EXPECT_EQ(parse_json(R"({"a": {"b": 1}, "a": {"c": 2}})"), Json::parse(R"({"a": {"c": 2}})"));
  EXPECT_TRUE(parse_json("[1]", [](int, Json::parse_event_t, const Json&) { return false; }).is_null());
}

// Words of a command line are values where they are JSON, and texts where they are not.
TEST(JsonReader, deep_words_of_a_command_line_are_texts) {
  EXPECT_EQ(parse_scalar(lists(200000)), Json(lists(200000)));
  EXPECT_THROW(parse_inline("{\"a\": " + lists(200000) + "}", "method", "--methods"), UsageError);
}

}  // namespace tristab::json_reader_test
