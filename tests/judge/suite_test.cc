#include "tristab/judge/suite.h"

#include <gtest/gtest.h>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::suite_test {
namespace {

TEST(Suites, that_are_built_in_can_be_read) {
  ASSERT_GE(suite_names().size(), 5u);
  for (const std::string& name : suite_names()) {
    const Suite suite = read_suite(name);
    EXPECT_EQ(suite.name, name);
    EXPECT_FALSE(suite.cases.empty()) << name;
    EXPECT_FALSE(suite.expectations.empty()) << name;
    EXPECT_NE(suite.source, "-") << name;
    // What is written is a suite again.
    EXPECT_EQ(make_suite(suite.given, "again", "").cases.size(), suite.cases.size());
  }
}

TEST(Suites, extend_another_with_their_own_gates) {
  const Suite strict = read_suite("fla-solve-tril"), ci = read_suite("fla-solve-tril-ci");
  ASSERT_EQ(strict.cases.size(), ci.cases.size());
  EXPECT_EQ(strict.cases[3].family.spec.label, ci.cases[3].family.spec.label);
  EXPECT_EQ(strict.cases[3].gates[0].gate.name, "fla");
  EXPECT_EQ(ci.cases[3].gates[0].gate.name, "fla-ci");
}

std::string message_of(const Json& suite) {
  try {
    make_suite(suite, "mine.json", "");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Suites, refuse_what_they_cannot_mean) {
  const Json one{
      {"case", "one"}, {"family", "gdn"}, {"kernel", "fla-solve-tril"}, {"gates", {{"inverse", "fla:1e-4"}}}};
  EXPECT_EQ(message_of({{"cases", {one}}}), "");
  const auto changed = [&](const char* key, const Json& value) {
    Json other = one;
    other[key] = value;
    return message_of({{"cases", {other}}});
  };
  EXPECT_NE(changed("gates", {{"inverses", "fla"}}).find("did you mean 'inverse'"), std::string::npos);
  EXPECT_NE(changed("gates", {{"inverse", "flaa"}}).find("fla"), std::string::npos);
  EXPECT_NE(changed("famly", "gdn").find("family"), std::string::npos);
  // 2^32 + 1 is 1 in 32 bits.
  for (const Json& length : {Json(0), Json(4294967297), Json(1e300)})
    EXPECT_NE(changed("tokens", Json::array({length})).find("lengths"), std::string::npos) << length;
  EXPECT_NE(changed("family", "gdn:keys=silu/positive").find("one, without lists"), std::string::npos);
  EXPECT_NE(changed("chunk", 128).find("fla-solve-tril"), std::string::npos);
  EXPECT_NE(message_of({{"cases", {one, one}}}).find("second case"), std::string::npos);
  for (const Json& item : {Json(1), Json(), Json("one")})
    EXPECT_NE(message_of(Json{{"cases", Json::array({item})}}).find("an object"), std::string::npos) << item;
  for (const Json& notes : {Json(5), Json{5}, Json("note")})
    EXPECT_NE(message_of(Json{{"cases", {one}}, {"notes", notes}}).find("a list of texts"), std::string::npos) << notes;
  EXPECT_NE(message_of({{"extends", "fla-solve"}, {"cases", {one}}}).find("fla-solve-tril"), std::string::npos);
}

TEST(Suites, draw_packed_sequences_of_their_lengths) {
  Json given{
      {"case", "packed"}, {"family", "gdn:head_dim=16"},       {"kernel", "fla-solve-tril"}, {"tokens", {15, 85}},
      {"heads", 2},       {"gates", {{"inverse", "fla:1e-4"}}}};
  const CaseInputs inputs = draw_inputs(make_case(given, "test", ""));
  ASSERT_EQ(inputs.sequences.size(), 4u);
  EXPECT_EQ(inputs.sequences[0].tokens.rows(), 15);
  EXPECT_EQ(inputs.sequences[1].tokens.rows(), 85);
  EXPECT_EQ(inputs.sequences[1].chunks.size(), 2u);
  EXPECT_EQ(inputs.sequences[1].chunks[1].rows, 21);
  given["first_token"] = 10;
  const CaseInputs later = draw_inputs(make_case(given, "test", ""));
  EXPECT_EQ(later.sequences[0].tokens.rows(), 15);
  EXPECT_EQ(later.sequences[0].tokens.keys(0, 0), inputs.sequences[0].tokens.keys(10, 0));
}

TEST(Suites, trials_have_inputs_of_their_own) {
  const Json given{{"case", "one"}, {"family", "gdn"}, {"kernel", "fla-solve-tril"}, {"gates", {{"inverse", "fla"}}}};
  const TestCase test = make_case(given, "test", "");
  EXPECT_NE(draw_inputs(test, 0).sequences[0].chunks[0].a, draw_inputs(test, 1).sequences[0].chunks[0].a);
  EXPECT_EQ(trials_available(test, 50), 50);
  Json ones = given;
  ones["family"] = "ones";
  EXPECT_EQ(trials_available(make_case(ones, "test", ""), 50), 1);
}

}  // namespace
}  // namespace tristab::suite_test
