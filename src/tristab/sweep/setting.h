// What one case does to one matrix.
#pragma once

#include <string>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// A method in one arithmetic on A formed in one way, or a recipe (whose method, summary and formation these are then).
// Points into a Scenario. Records, summaries, classes, expectations and layers all name their setting by this type.
struct Setting {
  const MethodSpec* method = nullptr;
  const Arithmetic* arithmetic = nullptr;
  const Recipe* kernel = nullptr;
  const Formation* formation = nullptr;  // never null

  bool is_formed() const { return formation->kind != Formation::Kind::exact; }
  // The same where A was given, or formed in double, whatever was asked for.
  Setting without_formation() const;

  // The arithmetics of all stages: the kernel's, or the one for all.
  StageArithmetics stages() const;

  // "mch fp16", "mch fp16 gram:product=bf16" where A is formed by a kernel's arithmetic; of a recipe its own label.
  std::string label() const;
  // "mch", or the recipe's label: what stands beside `arithmetic->label` in tables.
  const std::string& method_label() const { return kernel != nullptr ? kernel->label : method->label; }
};

}  // namespace tristab
