// What one case does to one matrix.
#pragma once

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// A method in one arithmetic on A formed in one way, or a recipe (whose method, summary and formation these are then).
// Points into a Scenario.
struct Setting {
  const MethodSpec* method = nullptr;
  const Arithmetic* arithmetic = nullptr;
  const Recipe* kernel = nullptr;
  const Formation* formation = nullptr;  // never null in a scenario's settings

  bool is_formed() const { return formation != nullptr && formation->kind != Formation::Kind::exact; }
};

// The arithmetics of all stages: the kernel's, or the one for all.
inline StageArithmetics stages_of(const Setting& setting) {
  return setting.kernel != nullptr ? setting.kernel->stages() : StageArithmetics{{"*", setting.arithmetic}};
}

}  // namespace tristab
