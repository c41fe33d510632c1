#include "tristab/metric/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace tristab::number_test {

constexpr auto last = static_cast<int>(Undefined::other);

TEST(Undefined, texts_are_unique_and_found_again) {
  std::set<std::string_view> texts;
  for (int k = 0; k <= last; ++k) {
    const auto reason = static_cast<Undefined>(k);
    EXPECT_TRUE(texts.insert(text_of(reason)).second) << text_of(reason);
    EXPECT_EQ(undefined_of(text_of(reason)), reason) << text_of(reason);
  }
  EXPECT_EQ(text_of(Undefined::no), "");
  EXPECT_EQ(undefined_of("a reason of another version"), Undefined::other);
}

// Results hold these texts: readers of results that were written before look for them.
TEST(Undefined, texts_are_those_of_results) {
  EXPECT_EQ(text_of(Undefined::zero_over_zero), "0/0");
  EXPECT_EQ(text_of(Undefined::exact_result), "infinite: the result is exact");
  EXPECT_EQ(text_of(Undefined::exact_zero), "infinite: the exact value is 0");
  EXPECT_EQ(text_of(Undefined::beyond_double), "beyond the range of double");
  EXPECT_EQ(text_of(Undefined::nonfinite_result), "non-finite result");
  EXPECT_EQ(text_of(Undefined::above_diagonal), "result has entries above the diagonal");
  EXPECT_EQ(text_of(Undefined::ill_conditioned), "result too ill-conditioned for double-double");
  EXPECT_EQ(text_of(Undefined::too_small), "perturbation too small for double-double");
  EXPECT_EQ(text_of(Undefined::no_ulp), "the format has no ulp");
}

TEST(Undefined, a_reason_is_infinite_where_its_text_says_so) {
  for (int k = 0; k <= last; ++k) {
    const auto reason = static_cast<Undefined>(k);
    EXPECT_EQ(is_infinite(reason), text_of(reason).starts_with("infinite")) << text_of(reason);
  }
}

TEST(Measured, is_a_number_or_the_reason_why_there_is_none) {
  const Measured number(0.5), none(Undefined::nonfinite_result);
  EXPECT_EQ(number.value, 0.5);
  EXPECT_EQ(number.undefined, Undefined::no);
  EXPECT_EQ(number.ranked(false), 0.5);
  EXPECT_TRUE(std::isnan(none.value));
  EXPECT_TRUE(std::isnan(none.ranked(false)));
  EXPECT_TRUE(std::isnan(Measured(Undefined::exact_result).value));
}

TEST(Measured, relative_to_zero_ranks_worst_and_an_exact_result_best) {
  EXPECT_EQ(Measured(Undefined::exact_zero).ranked(false), HUGE_VAL);
  EXPECT_EQ(Measured(Undefined::exact_zero).ranked(true), -HUGE_VAL);
  EXPECT_EQ(Measured(Undefined::exact_result).ranked(true), HUGE_VAL);
}

}  // namespace tristab::number_test
