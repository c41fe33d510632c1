// Reads a recipe of a kernel: JSON, parameters with choices, the arithmetic of each stage, formation and layer.
// Promises: every recipe has an arithmetic for all stages, and is again what its own settings name.
#include "tristab/recipe/recipe.h"
#include "target.h"
#include "tristab/base/json.h"

namespace tristab::fuzz {
namespace {

void read_recipe_text(std::string_view input) {
  const std::string path = file_with(input, "mine.json").string();
  std::vector<Recipe> recipes;
  if (!attempt([&] { recipes = expand_recipe(Json(path), "--kernels", ""); })) return;
  require(recipes.size() == 1, "a recipe without lists is one recipe");
  const Recipe& first = recipes.front();
  require(first.stages().contains("*"), "there is an arithmetic for every stage");
  std::vector<Recipe> again;
  const bool read_again = attempt([&] { again = expand_recipe(first.json("kernel"), "--kernels", ""); });
  require(read_again && again.size() == 1 && again.front().identity() == first.identity(),
          "a recipe is what its settings name");
}

}  // namespace

const Target recipe{"recipe", read_recipe_text};

}  // namespace tristab::fuzz
