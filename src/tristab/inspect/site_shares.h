// What each rounding site does to the result of a case.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "tristab/inspect/site_experiment.h"

namespace tristab {

// X is the inverse of A as given, M the result without rounding, Xh with all of it. All norms are Frobenius norms,
// relative to ||X||; infinite where a result is not finite.
struct SiteShare {
  std::string stage, kind;  // "" stands for all: a row is of a stage, of a kind or a step of a stage, or of one site
  int step = 0;             // 0: all
  double share = 0;         // ||X_replayed - M||: what their roundings of this case make by themselves
  // ||Xh - M|| - ||(Xh - M) - (X_replayed - M)||: what goes away without them, in first order; negative where they
  // cancel what others make.
  double explained = 0;
  double alone = 0;    // ||X_only - M||: if these sites alone round, then other operands
  double without = 0;  // ||X_without - X||: the total error if these alone are exact
  double gone = 0;     // ||Xh - X|| - ||X_without - X||: the error that goes away then
  SiteSet sites;

  std::string text() const;  // "powers", "powers storage", "powers 2 storage"
};

struct SiteShares {
  bool resolved = true;   // false: double-doubles are too narrow for this case, and there are no shares
  double total = 0;       // ||Xh - X||
  double truncation = 0;  // ||M - X||: what the formula leaves out
  // ||(Xh - M) - sum over the sites of (X_replayed - M)||: what single sites do not explain. Of second order in u.
  double remainder = 0;
  // Whether the remainder is small beside the error: else parts of first order say little.
  bool first_order() const { return remainder <= 0.3 * total; }
  // Sorted by `explained`, largest first; by `alone` where first order does not hold; saturations first where the
  // result is not finite. Sites of one step can cancel each other: they stand together, in the order of the steps.
  std::vector<SiteShare> stages, kinds, steps, sites;
};

// Runs the case three times for every site, step, kind of a stage and stage, on all cores.
SiteShares site_shares(const SiteExperiment& experiment);

}  // namespace tristab
