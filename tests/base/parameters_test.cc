#include "tristab/base/parameters.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::parameters_test {

const std::vector<Parameter> table = {
    Parameter::integer("block", 16, 1, 256, "block size"),
    Parameter::real("scale", 0.5, 0, 10, "factor"),
    Parameter::boolean("mask", false, "keep the triangle"),
    Parameter::choice("keys", "silu", {"silu", "independent"}, "key model"),
    Parameter::real("condition", nullptr, 1, 1e8, "condition number"),
    Parameter::text("path", nullptr, "file"),
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no UsageError";
}

Settings complete(const Json& given) { return complete_settings(table, given, "method m", "place"); }

TEST(CompleteSettings, defaults_are_filled_in_and_absent_ones_stay_absent) {
  const Settings settings = complete({{"block", 8}});
  EXPECT_EQ(settings.json().dump(), R"({"block":8,"keys":"silu","mask":false,"scale":0.5})");
  EXPECT_FALSE(settings.has("condition"));
  EXPECT_EQ(complete({{"condition", nullptr}}).has("condition"), false);
}

TEST(CompleteSettings, equal_settings_print_as_equal_text_however_they_were_written) {
  EXPECT_EQ(complete({{"block", 8.0}, {"scale", 1}}).json().dump(),
            complete({{"block", 8}, {"scale", 1.0}}).json().dump());
  EXPECT_EQ(complete({{"mask", "on"}}).flag("mask"), true);
}

TEST(CompleteSettings, unknown_parameter_names_the_nearest) {
  EXPECT_EQ(message_of([] {
              complete({{"blok", 8}});
            }),
            "place: no parameter of method m is called 'blok'; did you mean 'block'? Allowed: block, scale, mask, "
            "keys, condition, path");
}

TEST(CompleteSettings, a_choice_that_looks_like_a_number_may_be_typed_as_one) {
  const std::vector<Parameter> bases{Parameter::choice("base", "e", {"e", "2"}, "of logarithms")};
  const auto base = [&](const Json& given) {
    return complete_settings(bases, {{"base", given}}, "family f", "place").text("base");
  };
  EXPECT_EQ(base(2), "2");
  EXPECT_EQ(base("2"), "2");
  EXPECT_EQ(message_of([&] { base(3); }), "place.base: found 3 (an integer); allowed: e | 2");
  EXPECT_NE(message_of([&] { base(2.5); }), "no UsageError");
}

TEST(CompleteSettings, values_outside_their_range_are_refused_with_what_is_allowed) {
  EXPECT_EQ(message_of([] {
              complete({{"block", 0}});
            }),
            "place.block: found 0 (an integer); allowed: an integer from 1 to 256");
  EXPECT_EQ(message_of([] {
              complete({{"block", 2.5}});
            }),
            "place.block: found 2.5 (a number); allowed: an integer from 1 to 256");
  EXPECT_EQ(message_of([] {
              complete({{"scale", "big"}});
            }),
            "place.scale: found \"big\" (text); allowed: a number from 0 to 10");
  EXPECT_EQ(message_of([] {
              complete({{"keys", "sliu"}});
            }),
            "place.keys: found \"sliu\" (text); did you mean 'silu'?; allowed: silu | independent");
  EXPECT_NE(message_of([] { complete({{"mask", 1}}); }), "no UsageError");
  EXPECT_NE(message_of([] { complete({{"block", nullptr}}); }), "no UsageError");
}

TEST(CompleteSettings, an_integer_that_double_would_round_is_refused) {
  const Parameter seed = Parameter::integer("seed", 1, 0, 0x1p53, "");
  EXPECT_EQ(checked_value(seed, Json(9007199254740992), "seed"), Json(9007199254740992));
  EXPECT_THROW(checked_value(seed, Json(9007199254740993), "seed"), UsageError);
}

TEST(ExpandSettings, lists_and_ranges_multiply_the_last_axis_fastest) {
  const auto expanded = expand_settings(table, {{"block", "8:32:*2"}, {"scale", {0.1, 0.5}}}, "m", "place");
  ASSERT_EQ(expanded.size(), 6u);
  EXPECT_EQ(expanded[0].integer("block"), 8);
  EXPECT_EQ(expanded[1].integer("block"), 8);
  EXPECT_EQ(expanded[1].real("scale"), 0.5);
  EXPECT_EQ(expanded[5].integer("block"), 32);
}

TEST(ExpandSettings, empty_list_is_refused) {
  EXPECT_NE(message_of([] { expand_settings(table, {{"block", Json::array()}}, "m", "place"); }), "no UsageError");
}

TEST(ExpandAxis, numbers_lists_and_ranges) {
  EXPECT_EQ(expand_axis(64, 1, 256, "p"), (std::vector<std::int64_t>{64}));
  EXPECT_EQ(expand_axis({16, 64}, 1, 256, "p"), (std::vector<std::int64_t>{16, 64}));
  EXPECT_EQ(expand_axis("16:256:*2", 1, 256, "p"), (std::vector<std::int64_t>{16, 32, 64, 128, 256}));
  EXPECT_EQ(expand_axis("16:64:16", 1, 256, "p"), (std::vector<std::int64_t>{16, 32, 48, 64}));
  EXPECT_EQ(expand_axis("16:20:3", 1, 256, "p"), (std::vector<std::int64_t>{16, 19}));
  EXPECT_EQ(expand_axis({"16:32:*2", 64}, 1, 256, "p"), (std::vector<std::int64_t>{16, 32, 64}));
}

TEST(ExpandAxis, ranges_without_end_or_values_or_out_of_bounds_are_refused) {
  for (const Json& axis :
       {Json("16:32:0"), Json("16:32:*1"), Json("0:32:*2"), Json("32:16:1"), Json("1:2:3:4"), Json(""),
        Json(Json::array()), Json(512), Json(1.5), Json("x"), Json(nullptr), Json("1:9999999:1")}) {
    EXPECT_NE(message_of([&] { expand_axis(axis, 1, 256, "p"); }), "no UsageError") << axis;
  }
}

// Differences and sums beyond 64 bits: the loop would never end, and take all memory.
TEST(ExpandAxis, ranges_at_the_ends_of_64_bits) {
  for (const char* range : {"-9223372036854775808:9223372036854775807:1", "-5000000000000000000:5000000000000000000:1",
                            "0:9223372036854775807:1"})
    EXPECT_NE(message_of([&] { expand_axis(range, 1, 256, "p"); }).find("more than 100000 values"), std::string::npos);
  EXPECT_NE(message_of([] { expand_axis("9223372036854775800:9223372036854775807:5", 1, 256, "p"); }).find("allowed"),
            std::string::npos);
  EXPECT_NE(
      message_of([] { expand_axis(Json(18446744073709551615u), 1, 256, "p"); }).find("found 18446744073709551615"),
      std::string::npos);
}

TEST(ParseInline, name_with_values_lists_and_paths) {
  EXPECT_EQ(parse_inline("mxr:block=8/16:mask=true", "method", "p"),
            Json({{"method", "mxr"}, {"block", {8, 16}}, {"mask", true}}));
  EXPECT_EQ(parse_inline("file:path=a/b.npy", "family", "p"), Json({{"family", "file"}, {"path", "a/b.npy"}}));
  EXPECT_EQ(parse_inline(R"({"family": "ones"})", "family", "p"), Json({{"family", "ones"}}));
  EXPECT_EQ(parse_inline("bs:diagonal=(rs:order=dot/axpy)/mbh:lanes=(2,8)", "method", "p"),
            Json({{"method", "bs"}, {"diagonal", {"rs:order=dot/axpy", "mbh"}}, {"lanes", "2,8"}}));
  EXPECT_EQ(parse_inline("file:path=(a:b,c/d.npy):heads=[0,2]", "family", "p"),
            Json({{"family", "file"}, {"path", "a:b,c/d.npy"}, {"heads", {0, 2}}}));
  for (const char* wrong : {"", "mxr:block", "mxr:=8", "mxr:block=8:block=9", "{broken"}) {
    EXPECT_NE(message_of([&] { parse_inline(wrong, "method", "p"); }), "no UsageError") << wrong;
  }
}

TEST(Settings, reading_what_the_table_lacks_is_a_bug) { EXPECT_THROW(complete({}).at("nothing"), std::logic_error); }

TEST(Parameters, a_default_that_is_given_is_the_default) {
  const std::vector<Parameter> own{Parameter::real("offset", 0, -1, 1, "h"), Parameter::boolean("mask", false, "h")};
  const Settings given = complete_settings(own, Json{{"offset", 0.0}, {"mask", "off"}}, "o", "p");
  EXPECT_EQ(given.json().dump(), complete_settings(own, Json::object(), "o", "p").json().dump());
}

// 3000^3 settings in 60 KB of JSON: refused before any of them is made.
TEST(ExpandSettings, too_many_settings_are_counted_and_not_made) {
  std::vector<Parameter> three;
  Json given = Json::object();
  for (const char* name : {"a", "b", "c"}) {
    three.push_back(Parameter::integer(name, 1, 0, 1e6, "h"));
    given[name] = Json(std::vector<int>(3000, 1));
  }
  try {
    expand_settings(three, given, "method m", "x.json");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "x.json: found 9000000 settings or more; allowed: at most 100000 of one item");
  }
  given = {{"a", std::vector<int>(300, 1)}, {"b", std::vector<int>(333, 1)}};
  EXPECT_EQ(expand_settings(three, given, "method m", "x.json").size(), 99900u);
}

// Ranges outside what is allowed stop at their first value, however many and however long they are.
TEST(ExpandAxis, a_list_of_long_ranges_is_refused_at_its_first_value) {
  const Json axis(std::vector<std::string>(100000, "0:99999:1"));
  try {
    expand_axis(axis, 16, 256, "chunks");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "chunks: found 0; allowed: 16 to 256");
  }
}

TEST(ParseInline, json_takes_each_key_once) {
  EXPECT_THROW(parse_inline(R"({"method": "mxr", "block": 8, "block": 16})", "method", "--methods"), UsageError);
  EXPECT_EQ(parse_inline(R"({"method": "mxr", "block": 8})", "method", "--methods")["block"], 8);
}

}  // namespace tristab::parameters_test
