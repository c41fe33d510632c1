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

// The definitions of arXiv 2605.21325 (stable: error <= c1 n^c2 u kappa; logarithmically stable: kappa^poly(log n)
// instead of kappa), told by slopes. Slopes count two standard errors lower, for the benefit of the doubt. A steep
// slope without an excessive error is no sign of instability: the error of a stable method may jump with n where stages
// of another precision take over. A class describes the cases of one sweep, truncation errors included, and proves
// nothing about other cases.
enum class StabilityClass { stable, logarithmically_stable, undetermined, unstable };
// In this order: the last whose definition applies.
struct StabilityClassInfo {
  const char* name;
  const char* definition;
};
inline constexpr StabilityClassInfo stability_classes[] = {
    {"stable", "all others: the error grows at most like the condition number"},
    {"logarithmically stable", "a slope in the condition number above 1.5"},
    {"undetermined", "no slope, or a slope with a standard error above 1"},
    {"unstable",
     "a non-finite result although A and X fit the storage format, or an error that is excessive for its format and "
     "not explained by a slope in the condition number from 1.5 to 3 (with one in the size of at most 3)"}};
constexpr const char* name_of(StabilityClass which) { return stability_classes[static_cast<int>(which)].name; }

// A least-squares slope and its standard error.
struct Slope {
  double value = 0, error = 0;
};

// log2(frobenius / u) = c + kappa_slope log2(cond_2) + n_slope log2(n), by ordinary least squares over all
// finite, inexact results with cond_2 >= smallest_kappa (below that the error follows ||A||, not kappa). A
// slope is absent if its variable has only one value. Both are absent if one variable is a linear function of the
// other, or if fewer than 8 points are left.
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
  int fails = 0;  // results whose error is excessive for their format
  // Non-finite results that the input does not explain: A as formed is finite, and the storage format can hold
  // every entry of A and of its exact inverse.
  int nonfinite = 0;
  StabilityClass name = StabilityClass::undetermined;
};

// From the slopes, the number of excessive errors, and that of non-finite results that the input does not explain.
StabilityClass stability_class(const ErrorGrowth& growth, int fails, int nonfinite);

class StabilityBuilder {
 public:
  explicit StabilityBuilder(const SweepConfig& config);
  void add(const MatrixResult& result);
  std::vector<StabilityRow> finish();

 private:
  struct Cell {
    StabilityRow row;
    SpooledRows points{3};  // of a GrowthPoint
  };
  Spool spool_;
  std::vector<Cell> cells_;                             // of each scenario, methods x arithmetics x formations
  std::map<const Scenario*, std::size_t> first_cells_;  // of each scenario
};

}  // namespace tristab
