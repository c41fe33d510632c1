#include "tristab/sweep/stability_class.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tristab::stability_class_test {

// log_error = intercept + kappa * log_kappa + n * log_n + noise on a grid of both variables.
std::vector<GrowthPoint> plane(double kappa, double n, const std::vector<double>& noise) {
  std::vector<GrowthPoint> points;
  for (int i = 0; i < 12; ++i) {
    GrowthPoint p;
    p.log_kappa = i % 4;
    p.log_n = 4 + i / 4;
    p.log_error = 1.5 + kappa * p.log_kappa + n * p.log_n + noise[static_cast<std::size_t>(i) % noise.size()];
    points.push_back(p);
  }
  return points;
}

TEST(StabilityClass, a_plane_is_fitted_exactly) {
  const ErrorGrowth growth = fit_growth(plane(1, 0.5, {0}));
  EXPECT_EQ(growth.points, 12);
  EXPECT_NEAR(growth.kappa->value, 1, 1e-12);
  EXPECT_NEAR(growth.n->value, 0.5, 1e-12);
  EXPECT_NEAR(growth.kappa->error, 0, 1e-6);
}

TEST(StabilityClass, standard_errors_are_those_of_least_squares) {
  // Noise +1 -1 -1 +1 along kappa is orthogonal to both variables and to the constant: the slopes stay, the
  // residual sum of squares is 12. The deviations of kappa have the squares 12 * 1.25, those of n 12 * 2/3.
  const ErrorGrowth growth = fit_growth(plane(1, 0.5, {1, -1, -1, 1}));
  EXPECT_NEAR(growth.kappa->value, 1, 1e-12);
  EXPECT_NEAR(growth.n->value, 0.5, 1e-12);
  EXPECT_NEAR(growth.kappa->error, std::sqrt(12.0 / 9 / 15), 1e-12);
  EXPECT_NEAR(growth.n->error, std::sqrt(12.0 / 9 / 8), 1e-12);
}

TEST(StabilityClass, a_variable_that_does_not_vary_has_no_slope) {
  std::vector<GrowthPoint> points = plane(2, 0, {0});
  for (GrowthPoint& p : points) p.log_n = 6;
  const ErrorGrowth growth = fit_growth(points);
  EXPECT_NEAR(growth.kappa->value, 2, 1e-12);
  EXPECT_FALSE(growth.n.has_value());
  for (GrowthPoint& p : points) p.log_kappa = 3;
  EXPECT_FALSE(fit_growth(points).kappa.has_value());
}

TEST(StabilityClass, variables_that_follow_each_other_have_no_slopes) {
  std::vector<GrowthPoint> points = plane(1, 1, {0});
  for (GrowthPoint& p : points) p.log_kappa = 2 * p.log_n;
  const ErrorGrowth growth = fit_growth(points);
  EXPECT_FALSE(growth.kappa.has_value());
  EXPECT_FALSE(growth.n.has_value());
}

TEST(StabilityClass, fewer_than_eight_points_have_no_slopes) {
  std::vector<GrowthPoint> points = plane(1, 1, {0});
  points.resize(7);
  EXPECT_FALSE(fit_growth(points).kappa.has_value());
}

ErrorGrowth growth_of(double kappa, double kappa_error, double n, double n_error) {
  return {100, Slope{kappa, kappa_error}, Slope{n, n_error}};
}

TEST(StabilityClass, classes_follow_the_rule) {
  EXPECT_EQ(stability_class(growth_of(1, 0.1, 0.5, 0.1), 0, 0), StabilityClass::stable);
  EXPECT_EQ(stability_class(growth_of(2, 0.1, 0.5, 0.1), 0, 0), StabilityClass::logarithmically_stable);
  EXPECT_EQ(stability_class(growth_of(2, 0.3, 0.5, 0.1), 0, 0), StabilityClass::stable);  // benefit of the doubt
  EXPECT_EQ(stability_class(growth_of(5, 0.1, 0.5, 0.1), 3, 0), StabilityClass::unstable);
  EXPECT_EQ(stability_class(growth_of(1, 0.1, 6, 0.1), 3, 0), StabilityClass::unstable);
  EXPECT_EQ(stability_class(growth_of(1, 0.1, 6, 0.1), 0, 0),
            StabilityClass::stable);  // no error left what a stable method achieves
  EXPECT_EQ(stability_class(growth_of(1, 0.1, 0.5, 0.1), 0, 1), StabilityClass::unstable);
  EXPECT_EQ(stability_class(growth_of(2, 0.1, 0.5, 0.1), 3, 0), StabilityClass::logarithmically_stable);
  EXPECT_EQ(stability_class(growth_of(0, 0.1, 0, 0.1), 3, 0), StabilityClass::unstable);  // truncation
  EXPECT_EQ(stability_class(ErrorGrowth{}, 3, 0), StabilityClass::unstable);
  EXPECT_EQ(stability_class(growth_of(1, 2, 0.5, 0.1), 0, 0), StabilityClass::undetermined);
  EXPECT_EQ(stability_class(ErrorGrowth{}, 0, 0), StabilityClass::undetermined);
}

}  // namespace tristab::stability_class_test
