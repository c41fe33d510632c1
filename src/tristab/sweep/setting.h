// A setting: how a case inverts its matrix.
#pragma once

#include <string>

#include "tristab/arithmetic/arithmetic.h"
#include "tristab/method/method.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// A method, an arithmetic and a formation; or a recipe, and then these three are the recipe's method, summary
// arithmetic and formation. Points into a Scenario. Records, summaries, classes, expectations and layers all use
// this type.
struct Setting {
  const MethodSpec* method = nullptr;
  const Arithmetic* arithmetic = nullptr;
  const Recipe* kernel = nullptr;
  const Formation* formation = nullptr;  // never null

  // The setting of a recipe, which must outlive it.
  static Setting of(const Recipe& kernel) {
    return {&kernel.method, &kernel.summary_arithmetic, &kernel, &kernel.formation};
  }

  bool is_formed() const { return formation->kind != Formation::Kind::exact; }
  // The same setting with the exact formation: for A that was given, or formed in double.
  Setting without_formation() const;

  // The arithmetic of each stage: the kernel's, or the same for all.
  StageArithmetics stages() const;
  // What the result is stored in.
  const Format& result_format() const;

  // "mch fp16"; with a formation "mch fp16 gram:product=bf16"; for a recipe the recipe's label.
  std::string label() const;
  // "mch", or the recipe's label: tables show it beside `arithmetic->label`.
  const std::string& method_label() const { return kernel != nullptr ? kernel->label : method->label; }
};

// Row substitution with every step in one format: the second implementation that some gates compare with.
struct PlainSetting {
  explicit PlainSetting(const Format& format);

  MethodSpec method;
  Arithmetic arithmetic;
  Formation formation;  // exact
  Setting setting() const { return {&method, &arithmetic, nullptr, &formation}; }
};

}  // namespace tristab
