#include "tristab/matrix/family/file_selection.h"

#include <gtest/gtest.h>

#include "test_support.h"
#include "tristab/base/json.h"

namespace tristab::file_selection_test {

using testing_support::message_of;

Json heads(const Json& given) {
  Json settings = {{"heads", given}};
  settle_heads(settings, "p");
  return settings["heads"];
}

Json tokens(const Json& given) {
  Json settings = {{"tokens", given}};
  settle_tokens(settings, "p");
  return settings["tokens"];
}

TEST(FileSelection, heads_are_all_one_or_a_list) {
  Json nothing = Json::object();
  settle_heads(nothing, "p");
  EXPECT_EQ(nothing["heads"], "all");
  EXPECT_EQ(heads("all"), "all");
  EXPECT_EQ(heads(3), Json({3}));
  EXPECT_EQ(heads({0, 2}), Json({0, 2}));
  EXPECT_EQ(heads("0,2"), Json({0, 2}));
  for (const Json& wrong :
       {Json("some"), Json(-1), Json(1.5), Json(Json::array()), Json({0, 0}), Json({"0"}), Json("1,")}) {
    EXPECT_NE(message_of<UsageError>([&] { heads(wrong); }).find("p.heads: found"), std::string::npos) << wrong;
  }
}

TEST(FileSelection, tokens_are_all_or_a_half_open_range) {
  EXPECT_EQ(tokens("all"), "all");
  EXPECT_EQ(tokens({0, 512}), Json({0, 512}));
  EXPECT_EQ(tokens("64:512"), Json({64, 512}));
  for (const Json& wrong :
       {Json("0"), Json({5, 5}), Json({8, 0}), Json({0, 1, 2}), Json(7), Json("0:x"), Json({-1, 3})}) {
    EXPECT_NE(message_of<UsageError>([&] { tokens(wrong); }).find("p.tokens: found"), std::string::npos) << wrong;
  }
}

TEST(FileSelection, what_the_file_lacks_is_refused_with_what_it_has) {
  EXPECT_EQ(selected_heads("all", 3, "p"), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(selected_heads({2, 0}, 3, "p"), (std::vector<std::int64_t>{2, 0}));
  EXPECT_EQ(message_of<UsageError>([] { selected_heads({4}, 4, "p"); }), "p.heads: found head 4; allowed: 0 to 3");
  EXPECT_EQ(selected_tokens("all", 100, "p").end, 100);
  EXPECT_EQ(message_of<UsageError>([] {
              selected_tokens({0, 101}, 100, "p");
            }),
            "p.tokens: found [0, 101); allowed: at most [0, 100)");
}

TEST(FileSelection, a_tail_is_one_more_chunk_unless_dropped) {
  const TokenRange range{10, 110};
  EXPECT_EQ(range.chunks(32, Tail::pad), 4);
  EXPECT_EQ(range.chunks(32, Tail::short_chunk), 4);
  EXPECT_EQ(range.chunks(32, Tail::drop), 3);
  EXPECT_EQ(range.chunks(50, Tail::pad), 2);
  EXPECT_EQ(range.chunks(128, Tail::drop), 0);
}

}  // namespace tristab::file_selection_test
