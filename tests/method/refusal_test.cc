// Wrong methods and parameters are refused with the place, what was found, what is allowed and the nearest
// name.
#include "problems.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"

namespace tristab::refusal_test {

std::string message_of(const Json& given) {
  try {
    expand_method(given, "methods[0]");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Refusal, a_misspelt_method_names_the_nearest) {
  const std::string message = message_of("mxx");
  EXPECT_NE(message.find("methods[0]: no method is called 'mxx'; did you mean 'mxr'?"), std::string::npos) << message;
}

TEST(Refusal, a_misspelt_parameter_names_the_nearest) {
  const std::string message = message_of(with("mxr", {{"blok", 8}}));
  EXPECT_NE(message.find("'blok'; did you mean 'block'?"), std::string::npos) << message;
}

TEST(Refusal, refusals_of_wrong_values_say_what_was_found_or_allowed) {
  EXPECT_NE(message_of(with("mxr", {{"block", -8}}))
                .find("methods[0].block: found -8 (an integer); allowed: an integer from 2 to 256"),
            std::string::npos);
  EXPECT_NE(message_of(with("mxr", {{"block", "8"}})).find("found \"8\" (text)"), std::string::npos);
  EXPECT_NE(message_of(with("mch", {{"addend", "seperate"}})).find("did you mean 'separate'?"), std::string::npos);
  EXPECT_NE(message_of(with("mxr", {{"block", Json::array()}})).find("methods[0].block: the list is empty"),
            std::string::npos);
  EXPECT_NE(message_of(42).find("found 42"), std::string::npos);
}

TEST(Refusal, doubling_needs_a_power_of_two_of_terms) {
  const std::string message = message_of(with("residual-neumann", {{"terms", 12}, {"evaluation", "doubling"}}));
  EXPECT_NE(message.find("a sum of 12 terms; allowed: a number of terms that is a power of two"), std::string::npos)
      << message;
  EXPECT_EQ(message_of(with("residual-neumann", {{"terms", 15}, {"sum", "S+1"}, {"evaluation", "doubling"}})),
            "accepted");
}

TEST(Refusal, refine_refuses_itself_and_bases_unknown_or_without_the_phase) {
  EXPECT_NE(message_of(with("refine", {{"base", "mbb"}}))
                .find("methods[0].base: no method is called 'mbb'; did you mean 'mbh'?"),
            std::string::npos);
  EXPECT_NE(message_of(with("refine", {{"base", "mbh"}, {"where", "diagonal"}})).find("mxr, blocked-substitution"),
            std::string::npos);
  EXPECT_NE(message_of(with("refine", {{"base", "refine"}})).find("any other method"), std::string::npos);
}

TEST(Refusal, a_diagonal_phase_is_a_method_of_one_stage) {
  const std::string message = message_of(with("blocked-substitution", {{"diagonal", "mbh"}}));
  EXPECT_NE(message.find("methods[0].diagonal: found mbh, which has stages of its own; allowed: row-substitution, "
                         "column-sweep"),
            std::string::npos)
      << message;
  EXPECT_NE(message_of(with("blocked-substitution", {{"diagonal", "gaus-jordan"}}))
                .find("methods[0].diagonal: no method is called 'gaus-jordan'; did you mean 'gauss-jordan'?"),
            std::string::npos);
  EXPECT_NE(message_of(with("bounded-doubling", {{"diagonal", with("mch", {{"addend", {"separate", "operand"}}})}}))
                .find("methods[0].diagonal: found 2 settings; allowed: one method without lists"),
            std::string::npos);
}

TEST(Refusal, options_that_exclude_each_other_name_both_and_the_mend) {
  EXPECT_NE(message_of(with("blocked-substitution", {{"levels", "each"}}))
                .find("found levels = each together with merge = direct; allowed: levels = each with merge = "
                      "doubling"),
            std::string::npos);
  EXPECT_NE(message_of(with("blocked-substitution", {{"last_product", "halves"}, {"merge", "substitution"}}))
                .find("last_product = halves with merge = doubling"),
            std::string::npos);
  for (const char* merge : {"doubling", "substitution", "solve"}) {
    EXPECT_NE(message_of(with("blocked-substitution", {{"sum", "separate"}, {"merge", merge}}))
                  .find("sum = separate with merge = direct"),
              std::string::npos);
  }
  EXPECT_NE(message_of(with("blocked-substitution", {{"association", "right"}, {"merge", "substitution"}}))
                .find("association = right with merge = direct | doubling"),
            std::string::npos);
  EXPECT_NE(message_of(with("blocked-substitution", {{"merge", "solve"}, {"diagonal", "mch"}}))
                .find("diagonal = row-substitution with form = unit"),
            std::string::npos);
  EXPECT_NE(
      message_of(with("refine", {{"base", with("blocked-substitution", {{"merge", "solve"}})}, {"where", "diagonal"}}))
          .find("a merge that uses inverses of diagonal blocks"),
      std::string::npos);
  EXPECT_NE(message_of(with("mch", {{"addend", "operand"}, {"accumulator", "kept"}})).find("addend = operand"),
            std::string::npos);
  EXPECT_NE(message_of(with("newton-schulz", {{"form", "notebook"}, {"accumulator", "kept"}}))
                .find("form = kernel with accumulator = kept"),
            std::string::npos);
  EXPECT_NE(message_of(with("neumann", {{"evaluation", "product"}, {"degree", 4}}))
                .find("degree = 4; allowed: a degree one below a power of two"),
            std::string::npos);
}

TEST(Refusal, ungated_goes_outermost_and_needs_the_decay_factors) {
  EXPECT_NE(
      message_of(with("refine", {{"base", "ungated"}})).find("methods[0].base: found ungated; allowed: any other"),
      std::string::npos);
  EXPECT_THROW(inverted("ungated", "fp32", Matrix(4, 4)), UsageError);
}

TEST(Refusal, lists_are_axes) {
  EXPECT_EQ(expand_method(with("mxr", {{"block", {8, 16, 32}}}), "m").size(), 3U);
  EXPECT_EQ(expand_method(with("mxr", {{"block", "8:64:*2"}, {"accumulator", {"kept", "rounded"}}}), "m").size(), 8U);
}

}  // namespace tristab::refusal_test
