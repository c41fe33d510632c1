// An empirical stability class for each method and arithmetic of a sweep (of each of its scenarios): how the error
// grows with the condition number and with the size.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tristab/base/spool.h"
#include "tristab/sweep/config.h"
#include "tristab/sweep/record.h"

namespace tristab {

// A least-squares slope and its standard error.
struct Slope {
  double value = 0, error = 0;
};

// log2(frobenius / u) = c + kappa_slope log2(cond_2) + n_slope log2(n), by ordinary least squares over all
// finite, inexact results with cond_2 >= smallest_kappa (below that the error follows ||A||, not kappa). A
// slope is absent where its variable takes one value only or follows the other one, and both are where fewer
// than 8 points are left.
struct ErrorGrowth {
  int points = 0;
  std::optional<Slope> kappa, n;
};

struct GrowthPoint {
  double log_kappa = 0, log_n = 0, log_error = 0;
};

inline constexpr int fewest_points = 8;
inline constexpr double smallest_kappa = 1.1;

ErrorGrowth fit_growth(const std::vector<GrowthPoint>& points);

struct StabilityRow {
  const Scenario* scenario = nullptr;
  Setting setting;
  ErrorGrowth growth;
  int exact = 0;  // results without any error: they have no logarithm
  int fails = 0;  // results whose verdict is fail
  // Non-finite results although A as formed is finite and the storage format holds every entry of it and of the exact
  // inverse.
  int nonfinite = 0;
  std::string name;  // "stable", "logarithmically stable", "unstable", "undetermined"
};

// The class, from the definitions of arXiv 2605.21325 (stable: error <= c1 n^c2 u kappa; logarithmically
// stable: kappa^poly(log n) instead of kappa), with slopes taken two standard errors to the benefit of the
// doubt:
//   unstable                   a non-finite result that the inverse does not explain; or a verdict `fail` and a slope
//                              of n > 3 or of kappa > 3 (an error that never leaves what a stable method achieves may
//                              jump with n, where stages of different precision take over, without being unstable)
//   logarithmically stable     otherwise, slope of kappa > 1.5
//   stable                     otherwise
//   undetermined               no slope, or one that is uncertain by more than 1
// It describes the cases of the sweep, truncation errors included, and proves nothing about others.
std::string stability_class(const ErrorGrowth& growth, int fails, int nonfinite);

class StabilityBuilder {
 public:
  explicit StabilityBuilder(const SweepConfig& config);
  void add(const MatrixResult& result);
  std::vector<StabilityRow> finish();

 private:
  struct Cell {
    StabilityRow row;
    SpooledNumbers points;  // the three numbers of a GrowthPoint, one after the other
  };
  Spool spool_;
  std::vector<Cell> cells_;                             // of each scenario, methods x arithmetics x formations
  std::map<const Scenario*, std::size_t> first_cells_;  // of each scenario
};

}  // namespace tristab
