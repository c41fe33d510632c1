// The worst inputs so far, one of each kind, so that a hunt does not return to one place only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tristab/hunt/evaluator.h"

namespace tristab {

// An input that was evaluated.
struct Trial {
  TokenInputs tokens;
  Evaluation evaluation;
  std::string strategy;
  std::int64_t evaluation_number = 0;  // within its task, later of the whole hunt; from 1 on

  double badness() const { return evaluation.badness; }
};

// Kinds: the share of the keys' common direction (|mean of unit keys|^2 below 0.1, 0.5, 0.9, or above) and of their
// alternating one (above 0.5), the mean rate (lower half, upper half, last 2% of its range), the mean log decay (above
// -0.01 or not). Finite results and others are apart.
int kind_of(const InputSpace& space, const Trial& trial);

class Elites {
 public:
  explicit Elites(const InputSpace& space) : space_(&space) {}
  // Keeps the trial if it is worse than that of its kind. Says whether it is the worst of all.
  bool add(const Trial& trial);
  // From the worst down; the same badness: the first found.
  std::vector<const Trial*> ranked() const;
  const Trial* worst() const;  // null: none

 private:
  const InputSpace* space_;
  std::map<int, Trial> of_kind_;
};

}  // namespace tristab
