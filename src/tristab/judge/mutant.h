// Wrong inverses on purpose: what a kernel with one known bug gives. A test that accepts one of them cannot see this
// bug. Most are formulas, computed in double from exact parts; the caller rounds them to the format that the kernel
// stores. Others are recipes: whole kernels with one thing changed.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tristab/base/parameters.h"
#include "tristab/matrix/rule/rule.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

// What a mutant works from. Everything outlives the call.
struct MutantInput {
  const Matrix& a;                      // n x n, as the kernel takes it
  const Matrix& x;                      // (I + A)^-1, rounded to double
  const TokenInputs* tokens = nullptr;  // n rows, what A was formed from; null: A was given
  int rows = 0;                         // of real tokens; the rows behind them are padding
  const Matrix* previous_x = nullptr;   // the inverse of the matrix before in the batch; null: there is none
};

struct Mutant {
  std::string kind;  // "merge-missing"
  std::string name;  // "merge-missing:block=(3,1)"
  std::string text;  // "the merge of block (3, 1) is missing"
  bool needs_tokens = false;
  std::function<Matrix(const MutantInput& input)> inverse;  // n x n, in double
};

// Where mutants are looked for: the size, the kernel's blocks, and the rule of the inputs; null: A is given.
struct MutantSite {
  int n = 0;
  int block = 16;
  const DeltaRule* rule = nullptr;
  bool every_block = false;  // every place and number of terms, not a few
};

// One file of mutant/: a bug, and where it can sit.
struct MutantKind {
  Description description;  // formula: what the kernel gives; source: where it was seen
  std::vector<Mutant> (*mutants)(const MutantSite& site) = nullptr;
};

std::span<const MutantKind> mutant_kinds();  // in listing order

// All mutants of all kinds.
std::vector<Mutant> mutants(const MutantSite& site);

// A whole kernel that gives wrong inverses.
struct RecipeMutant {
  std::string kind, name, text;
  Recipe recipe;
};

// The recipe's inverse of A as given, whatever the kernel forms itself. Throws UsageError if the method needs the keys.
Matrix inverse_by(const Recipe& recipe, const Matrix& a, Machines& machines);

// The kernel with one stage in bf16 or tf32 where it computes in fp32, or with one round of an iteration too few.
std::vector<RecipeMutant> recipe_mutants(const Recipe& kernel, int n);

// Every built-in recipe that takes size n and fails on one key repeated (no decay, beta 0.835: AITER PR 4952): its
// inverse is not finite, or its relative Frobenius error is above 0.1.
const std::vector<RecipeMutant>& failing_recipes(int n);

}  // namespace tristab
