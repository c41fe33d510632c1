#include "tristab/base/errors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tristab::errors_test {

const std::vector<std::string> names = {"silu", "independent", "residual-neumann", "mxr", "mbh"};

TEST(NearestName, one_slip_of_each_kind_is_recognised) {
  EXPECT_EQ(nearest_name("sliu", names), "silu");                  // neighbours swapped
  EXPECT_EQ(nearest_name("slu", names), "silu");                   // left out
  EXPECT_EQ(nearest_name("silou", names), "silu");                 // too many
  EXPECT_EQ(nearest_name("sila", names), "silu");                  // wrong
  EXPECT_EQ(nearest_name("SILU", names), "silu");                  // case
  EXPECT_EQ(nearest_name("residual", names), "residual-neumann");  // a beginning
}

TEST(NearestName, what_is_no_slip_has_no_neighbour) {
  EXPECT_EQ(nearest_name("column-sweep", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name("silu", {}), "");
}

TEST(Refusal, has_one_form_for_both_errors) {
  const auto message = [](auto refusing) -> std::string {
    try {
      refusing("a.json: seed", "-1", "0 to 9");
    } catch (const UsageError& error) {
      return std::string("usage ") + error.what();
    } catch (const InputError& error) {
      return std::string("input ") + error.what();
    }
    return "";
  };
  EXPECT_EQ(message(refuse), "usage a.json: seed: found -1; allowed: 0 to 9");
  EXPECT_EQ(message(refuse_input), "input a.json: seed: found -1; allowed: 0 to 9");
}

TEST(Shortened, keeps_beginning_and_end_between_characters) {
  EXPECT_EQ(shortened("short"), "short");
  EXPECT_EQ(shortened(std::string(400, 'x')).size(), 400u);
  const std::string text = shortened(std::string(1000, 'a') + std::string(1000, 'b'), 25);
  EXPECT_EQ(text, std::string(15, 'a') + " ... " + std::string(5, 'b'));
  std::string wide;
  for (int k = 0; k < 1000; ++k) wide += "\xe2\x82\xac";
  const std::string cut = shortened(wide, 25);
  EXPECT_EQ(cut, wide.substr(0, 15) + " ... " + wide.substr(0, 3));
}

TEST(Refusal, of_a_megabyte_still_says_what_is_allowed) {
  const std::string megabyte(1000000, 'x');
  const auto message = [](auto action) -> std::string {
    try {
      action();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  for (const std::string& text :
       {message([&] { refuse(megabyte, megabyte, "0 to 9"); }), message([&] { refuse_input("a", megabyte, "0 to 9"); }),
        message([&] {
          throw_unknown_name("a", "b", megabyte, std::vector<std::string>{megabyte, "0 to 9"});
        }),
        message([&] { throw_unknown_name(megabyte, megabyte, "a", std::vector<std::string>(200, megabyte)); })}) {
    EXPECT_LE(text.size(), 6000u);
    EXPECT_TRUE(text.ends_with("0 to 9") || text.ends_with("and 180 more")) << text;
  }
}

TEST(UnknownName, message_has_place_found_nearest_and_allowed_in_one_line) {
  try {
    throw_unknown_name("a.json: families[1].keys", "key model", "sliu", names);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "a.json: families[1].keys: no key model is called 'sliu'; did you mean 'silu'? Allowed: silu, "
                 "independent, residual-neumann, mxr, mbh");
  }
}

TEST(UnknownName, of_very_many_names_the_nearest_are_listed) {
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back("layers." + std::to_string(i) + ".k_proj");
  try {
    throw_unknown_name("a.safetensors", "tensor", "layers.4321.k_prjo", many);
    FAIL();
  } catch (const UsageError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("did you mean 'layers.4321.k_proj'? Allowed: layers.4321.k_proj, "
                           "layers.321.k_proj, layers.421.k_proj, layers.431.k_proj, layers.432.k_proj, "
                           "layers.1321.k_proj, "),
              std::string::npos)
        << message;
    EXPECT_TRUE(message.ends_with(" and 4980 more")) << message;
    EXPECT_EQ(std::count(message.begin(), message.end(), ','), 19) << message;
  }
}

TEST(JoinNames, of_very_many_names_the_first_are_listed) {
  std::vector<std::string> many(101, "a");
  EXPECT_TRUE(join_names(many).ends_with("a, a and 81 more"));
  many.pop_back();
  EXPECT_EQ(join_names(many).size(), 100 + 99 * 2);
}

TEST(JoinNames, separates_by_comma_and_space) {
  EXPECT_EQ(join_names(names), "silu, independent, residual-neumann, mxr, mbh");
  EXPECT_EQ(join_names({}), "");
}

}  // namespace tristab::errors_test
