// The recurrences in long double against the same ones in 50 digits: what long double misses is far below
// what is measured.
#include "tristab/layer/recurrence.h"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "test_support.h"
#include "tristab/base/json.h"

namespace tristab::recurrence_test {

using Digits = boost::multiprecision::cpp_bin_float_50;

Digits exponential_in_50_digits(const Digits& x) { return exp(x); }

TEST(Recurrence, long_double_is_precise_enough_to_be_the_truth) {
  for (const Json& family : testing_support::delta_families()) {
    const TokenInputs tokens = testing_support::sequence_of(family, 16, 6);
    Recurrence<long double> fast(tokens, exponential_of);
    Recurrence<Digits> exact(tokens, exponential_in_50_digits);
    double worst = 0, largest = 0;
    for (int t = 0; t < tokens.rows(); ++t) {
      fast.advance(t);
      exact.advance(t);
      const std::vector<Digits> o = exact.outputs();
      const std::vector<long double> o_fast = fast.outputs();
      for (std::size_t v = 0; v < o.size(); ++v) {
        const auto difference = abs(o[v] - o_fast[v]);
        worst = std::max(worst, static_cast<double>(difference));
        largest = std::max(largest, static_cast<double>(abs(o[v])));
      }
    }
    EXPECT_GT(largest, 0.01) << family;
    EXPECT_LT(worst, 1e-17 * largest) << family;
  }
}

TEST(Exponential, of_long_double_is_rounded_once) {
  for (const double x : {-166.0, -5.0, -0.3, -1e-9, 0.0, 0.25, 3.0}) {
    const auto exact = exp(Digits(x));
    const auto relative = abs((exact - exponential_of(static_cast<long double>(x))) / exact);
    EXPECT_LE(static_cast<double>(relative), 0x1p-64) << x;
  }
}

}  // namespace tristab::recurrence_test
