// What one case does to one matrix.
#pragma once

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// A method in one arithmetic, or a recipe (whose method and summary these are then). Points into a Scenario.
struct Setting {
  const MethodSpec* method = nullptr;
  const Arithmetic* arithmetic = nullptr;
  const Recipe* kernel = nullptr;
};

}  // namespace tristab
