// Solving for right-hand sides without an inverse.
#include "plain_loops.h"
#include "problems.h"
#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/base/random.h"

namespace tristab::solve_test {

Matrix right_hand_sides(int n, int columns) {
  Matrix b(n, columns);
  RandomStream("right-hand sides").fill_normal(0, b.values());
  for (double& x : b.values()) x = static_cast<float>(x);
  return b;
}

Matrix solved(const Json& method, const Json& arithmetic, const Matrix& a, const Matrix& b) {
  Machines machines;
  const Arithmetic unit = arithmetic_of(arithmetic);
  return solve(method_of(method), {{"*", &unit}}, a, b, machines.machine_for(unit));
}

TEST(Solve, follows_the_recurrence_of_forward_substitution_in_float) {
  const int n = 24, columns = 5;
  const Matrix a = plain::strictly_lower(n, 0.4, 3), b = right_hand_sides(n, columns);
  const Matrix x = solved("solve", "fp32", a, b);
  for (int c = 0; c < columns; ++c) {
    std::vector<float> exact;
    for (int i = 0; i < n; ++i) {
      auto sum = static_cast<float>(b(i, c));
      for (int k = 0; k < i; ++k) sum += -static_cast<float>(a(i, k)) * exact[static_cast<std::size_t>(k)];
      exact.push_back(sum);
      EXPECT_EQ(x(i, c), static_cast<double>(sum)) << i << " " << c;
    }
  }
}

TEST(Solve, agrees_with_the_certified_inverse) {
  for (const int n : {1, 7, 64}) {
    const Matrix a = plain::strictly_lower(n, 0.3, 8), b = right_hand_sides(n, 3);
    const Matrix x = solved("solve", "fp64", a, b), inverse = invert_reference(a).high;
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < 3; ++c) {
        double sum = 0;
        for (int k = 0; k <= i; ++k) sum += inverse(i, k) * b(k, c);
        EXPECT_NEAR(x(i, c), sum, 1e-12 * (1 + std::fabs(sum)));
      }
    }
  }
}

TEST(Solve, for_the_identity_is_row_substitution) {
  const Matrix a = plain::strictly_lower(33, 0.3, 5);
  for (const char* arithmetic : {"fp16", "bf16", "fp32"})
    EXPECT_EQ(inverted("solve", arithmetic, a).x, inverted("row-substitution", arithmetic, a).x) << arithmetic;
}

TEST(Solve, blocks_of_columns_give_the_whole_and_count_products) {
  const Matrix a = plain::strictly_lower(40, 0.3, 8), b = right_hand_sides(40, 3);
  const Json blocks = with("solve", {{"block", 16}});  // 16, 16 and 8 rows
  const Matrix whole = solved("solve", "fp64", a, b), x = solved(blocks, "fp64", a, b);
  for (std::size_t i = 0; i < x.values().size(); ++i)
    EXPECT_NEAR(x.values()[i], whole.values()[i], 1e-11 * (1 + std::fabs(x.values()[i])));
  const Inversion inversion = inverted(blocks, "fp64", a);
  EXPECT_EQ(inversion.trace.total().matmuls, 2);
}

TEST(Solve, the_order_of_the_addend_matters) {
  const Matrix a = plain::strictly_lower(40, 0.4, 6), b = right_hand_sides(40, 2);
  EXPECT_NE(solved("solve", "bf16", a, b), solved(with("solve", {{"order", "dot"}}), "bf16", a, b));
}

TEST(Solve, integers_take_no_right_hand_sides) {
  const Matrix a = plain::strictly_lower(16, 0.3, 5);
  EXPECT_THROW(solved("solve", "int8", a, right_hand_sides(16, 2)), UsageError);
}

}  // namespace tristab::solve_test
