#include "tristab/sweep/config_text.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::config_text_test {

std::string message_of(const std::string& text) {
  try {
    parse_config_text(text, "x.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ConfigText, syntax_errors_name_line_and_column) {
  const std::string message = message_of("{\n  \"trials\": ,\n}");
  EXPECT_NE(message.find("x.json: parse error at line 2, column 13"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(ConfigText, a_truncated_text_is_refused) {
  EXPECT_NE(message_of("{\"trials\": 4").find("unexpected end of input"), std::string::npos);
}

TEST(ConfigText, a_key_given_twice_is_refused_with_its_path) {
  EXPECT_EQ(message_of(R"({"a": 1, "b": [{"c": 1}, {"d": 1, "d": 2}]})"),
            "x.json: b[1].d: the key is given twice; allowed: once");
  EXPECT_EQ(message_of(R"({"a": {"b": 1}, "c": {"b": 1}})"), "");  // in different objects
}

TEST(ConfigText, lists_split_at_outer_commas_only) {
  const std::vector<std::string> expected{"mxr:block=8", R"({"method": "mch", "addend": "a,b"})", "neumann"};
  EXPECT_EQ(split_list(R"(mxr:block=8, {"method": "mch", "addend": "a,b"},neumann)", "--methods"), expected);
}

TEST(ConfigText, an_empty_list_item_is_refused) {
  EXPECT_THROW(split_list("mbh,", "--methods"), UsageError);
  EXPECT_THROW(split_list("", "--methods"), UsageError);
}

TEST(ConfigText, a_missing_file_is_an_input_error) {
  EXPECT_THROW(read_config_file("does-not-exist.json"), InputError);
  EXPECT_THROW(read_config_file("."), InputError);
}

}  // namespace tristab::config_text_test
