// Variants of a recipe: what may differ between two kernels that people call by one name. An edit changes one thing: a
// parameter of the recipe, of its method, of the arithmetic of a stage or of a single step, of how A is formed, of the
// layer. Benign ones reorder or fuse operations, or take another matrix unit of the same class; the others change which
// formats are rounded to.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tristab/base/json_value.h"
#include "tristab/recipe/recipe.h"

namespace tristab {

struct Edit {
  enum class Part { method, arithmetic, formation, layer };
  Part part = Part::method;
  std::string stage;  // of an arithmetic: a stage or a step, "merge.2"
  JsonValue change;   // keys and values that replace others; with the part's own name key another one altogether
  std::string text;   // "merge: tf32-h100"
  bool benign = false;
  // Edits of the same `subject` exclude each other.
  std::string subject() const;
};

// The arithmetic on the unit of this name, with what it says about storage, output, subnormals, lanes and overflow: an
// object as a recipe gives it.
Json with_unit(const Arithmetic& arithmetic, const std::string& name);

// The recipe with these edits, called "RECIPE, merge: tf32-h100"; none if they do not go together.
std::optional<Recipe> edited(const Recipe& recipe, std::span<const Edit* const> edits);

// All edits of the recipe's inverse at size n: units, order of sums, fused or not, formats of stages and steps, block
// sizes, parameters of the method. Of how it forms A and computes the layer, where it says how.
std::vector<Edit> inverse_edits(const Recipe& recipe, int n);
std::vector<Edit> formation_edits(const Recipe& recipe);
std::vector<Edit> layer_edits(const Recipe& recipe, const LayerArithmetic& layer);

// The benign variants of the recipe at size n: each benign edit alone, and each unit in all stages that can have it.
// The first ones form A in fp32, where the recipe takes A as given.
std::vector<Recipe> benign_variants(const Recipe& recipe, int n, const LayerArithmetic& layer);

// The recipe with each other choice of its parameters.
std::vector<Recipe> other_choices(const Recipe& recipe);

}  // namespace tristab
