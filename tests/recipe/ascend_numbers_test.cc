// PTO's rec_unroll beside the numbers published for an Ascend 910B4 (huawei-csl/pto-kernels, PR 238; arXiv 2605.21325):
// worst relative Frobenius error by cond(I + A), and that of n = 128 on 0.1 U[0, 1), rounded and kept. The unit is a
// parametric stand-in, so the order of magnitude and the ranking are what can be asked for.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tristab/base/json.h"
#include "tristab/matrix/source.h"
#include "tristab/method/method.h"
#include "tristab/metric/measure.h"
#include "tristab/recipe/recipe.h"
#include "tristab/reference/inverse.h"

namespace tristab::ascend_numbers_test {

constexpr int kDraws = 16;

// Relative Frobenius errors of a kernel against the inverse of A rounded to its format, draw by draw.
std::vector<double> errors_of(const char* kernel, const Json& family, int n) {
  const Recipe recipe = expand_recipe(kernel, "test", "").front();
  const StageArithmetics stages = recipe.stages();
  const auto source = open_source(expand_family(family, "test").at(0), 1, kDraws, "", "test");
  Machines machines;
  std::vector<double> errors;
  for (int i = 0; i < kDraws; ++i) {
    const Matrix a = round_input(source->problem(n, i).a, recipe.summary_arithmetic);
    const Inversion inversion = invert(recipe.method, stages, a, machines.machine_for(stages), 0);
    errors.push_back(relative_frobenius(inversion.x, invert_reference(a)));
  }
  return errors;
}

TEST(AscendNumbers, rec_unroll_by_condition_number_is_of_the_published_order) {
  const double conditions[] = {1.2, 2, 4, 8}, published[] = {2.0e-5, 7.6e-5, 1.5e-4, 2.3e-4};
  double before = 0;
  for (int c = 0; c < 4; ++c) {
    const std::vector<double> errors =
        errors_of("pto-rec-unroll", {{"family", "uniform-signed"}, {"condition", conditions[c]}}, 64);
    const double worst = *std::ranges::max_element(errors);
    EXPECT_GT(worst, published[c] / 2) << conditions[c];
    EXPECT_LT(worst, published[c] * 2) << conditions[c];
    EXPECT_GT(worst, before);
    before = worst;
  }
}

TEST(AscendNumbers, at_128_kept_sums_err_less_than_rounded_both_as_published) {
  const Json family{{"family", "uniform"}, {"scale", 0.1}};
  const std::vector<double> rounded = errors_of("pto-rec-unroll", family, 128);
  const std::vector<double> kept = errors_of("pto-rec-unroll-kept", family, 128);
  for (std::size_t i = 0; i < kDraws; ++i)
    EXPECT_LT(kept[i], rounded[i]) << "draw " << i;  // on each matrix: no accident of one of them
  const auto median_of = [](std::vector<double> errors) {
    std::ranges::nth_element(errors, errors.begin() + kDraws / 2);
    return errors[kDraws / 2];
  };
  const double rounded_median = median_of(rounded), kept_median = median_of(kept);
  EXPECT_GT(rounded_median, 8.562e-5 / 1.5);
  EXPECT_LT(rounded_median, 8.562e-5 * 1.5);
  EXPECT_GT(kept_median, 8.290e-5 / 1.5);
  EXPECT_LT(kept_median, 8.290e-5 * 1.5);
}

}  // namespace tristab::ascend_numbers_test
