// The factors of the anchored formation are exp(P_i - a) and exp(a - G_j). With a constant log decay g the second one
// is exp(s |g|) for a row s steps below the anchor, the first one for a row s steps above it; it overflows where
// s |g| > log(2^(emax + 1)). The other factor of that row becomes subnormal, or zero where subnormals are flushed, at
// about the same gate: scores lose their digits before they overflow.
// Source of the ceilings 5.915 and 11.09 nats for 16 rows: attention-gym PR 337.
#include "tristab/layer/gate_ceiling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tristab {
namespace {

constexpr int dim = 16;
const double length = std::sqrt(1496.0);                                   // of (1, 2, ..., 16)
constexpr double natural_log_of_2 = 0.69314718055994530942, widest = 128;  // nats

// The largest error of a score at this gate, of at most 1 in size; infinite where one is not finite.
double worst_error(const Formation& formation, int n, double gate) {
  GatedFactors factors;
  factors.left = Matrix(n, dim);
  for (int i = 0; i < n; ++i) {
    for (int d = 0; d < dim; ++d) factors.left(i, d) = (d + 1) / length;
  }
  factors.right = factors.left;
  factors.log_decay = Matrix(n, 1);
  for (double& x : factors.log_decay.values()) x = -gate;
  Machines machines;
  const Matrix found = form(factors, Triangle::lower, formation, machines);
  double worst = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j <= i; ++j) {
      const double error = std::fabs(found(i, j) - std::exp(-gate * (i - j)));
      if (!std::isfinite(error)) return std::numeric_limits<double>::infinity();
      worst = std::max(worst, error);
    }
  }
  return worst;
}

// By bisection: a gate that is stronger than one that overflows does so, too.
double largest_finite(const Formation& formation, int n) {
  double finite = 0, beyond = widest;
  while (beyond - finite > 1e-3 * beyond) {
    const double middle = 0.5 * (finite + beyond);
    (std::isfinite(worst_error(formation, n, middle)) ? finite : beyond) = middle;
  }
  return finite;
}

// Errors vary from gate to gate, so this looks at one gate after the other.
double largest_accurate(const Formation& formation, int n, double finite) {
  double harmless = 0;
  for (const double part : {0.02, 0.04, 0.07, 0.1})
    harmless = std::max(harmless, 2 * worst_error(formation, n, part * finite));
  constexpr int gates = 100;
  int accurate = 0;
  while (accurate < gates && worst_error(formation, n, (accurate + 1) * finite / gates) <= harmless) ++accurate;
  return accurate * finite / gates;
}

int steps_of(Formation::Anchor anchor, int block, int n) {
  switch (anchor) {
    case Formation::Anchor::first:
      return block - 1;
    case Formation::Anchor::middle:
      return block / 2;
    case Formation::Anchor::last:
      return block - 1;
    case Formation::Anchor::chunk_start:
      return n;
    case Formation::Anchor::chunk_middle:
      return n / 2;
    case Formation::Anchor::chunk_last:
      return n - 1;
  }
  return 0;
}

}  // namespace

GateCeiling gate_ceiling(const Formation& anchored, int n, const Format& factor) {
  GateCeiling ceiling;
  ceiling.steps = steps_of(anchored.anchor, std::min(anchored.block, n), n);
  ceiling.formula = (factor.max_exponent + 1) * natural_log_of_2 / ceiling.steps;
  ceiling.finite = largest_finite(anchored, n);
  ceiling.accurate = largest_accurate(anchored, n, ceiling.finite);
  return ceiling;
}

}  // namespace tristab
