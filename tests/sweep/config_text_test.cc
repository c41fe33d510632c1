#include "tristab/sweep/config_text.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::config_text_test {

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
