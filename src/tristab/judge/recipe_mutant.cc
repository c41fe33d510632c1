#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>

#include "tristab/base/errors.h"
#include "tristab/base/json.h"
#include "tristab/judge/mutant.h"
#include "tristab/layer/layer_truth.h"
#include "tristab/matrix/norms.h"
#include "tristab/sweep/formed_input.h"

namespace tristab {
namespace {

RecipeMutant with_stage(const Recipe& kernel, const std::string& stage, const char* arithmetic, const char* kind) {
  RecipeMutant mutant{kind, fmt::format("{}:stage={}", kind, stage),
                      fmt::format("stage {} computes in {}", stage, arithmetic), kernel};
  mutant.recipe.arithmetics.insert_or_assign(stage, make_arithmetic(arithmetic, Json::object(), "a mutant"));
  return mutant;
}

// One round less of an iteration in `method`, an object {"method": NAME, ...}, or in a method inside it; false if there
// is none.
bool take_round(Json& method, int n) {
  const MethodSpec spec = expand_method(method, "a mutant").front();
  if (spec.method->one_round_less != nullptr) {
    const RoundLess less = spec.method->one_round_less(spec.settings, n);
    if (less.value >= 1) {
      if (less.other_method.empty()) {
        method[less.setting] = less.value;
      } else {
        method = less.other_method;
      }
      return true;
    }
  }
  const int size = method.contains("block") && method["block"].is_number_integer() ? method["block"].get<int>() : n;
  for (auto& [key, inner] : method.items()) {
    if (inner.is_object() && inner.contains("method") && take_round(inner, size)) return true;
  }
  return false;
}

// One key, no decay, one beta: A_ij = beta.
Matrix repeated_key(int n) {
  constexpr double beta = 0.835;
  Matrix a(n, n);
  for (int i = 0; i < n; ++i) std::fill_n(a.row(i), i, beta);
  return a;
}

// The relative Frobenius error; infinite if the inverse is not finite.
double error_of(const Recipe& recipe, const Matrix& a, const Matrix& exact) {
  Machines machines;
  Matrix error = inverse_by(recipe, a, machines);
  if (!all_finite(error)) return std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < error.values().size(); ++i) error.values()[i] -= exact.values()[i];
  return frobenius_norm(error) / frobenius_norm(exact);
}

std::vector<RecipeMutant> find_failing(int n) {
  std::vector<RecipeMutant> list;
  const Matrix a = repeated_key(n), exact = inverse_by_substitution(a);
  for (const RecipeEntry& entry : recipe_entries()) {
    for (Recipe& recipe : expand_recipe(entry.description.name, "a built-in recipe", "")) {
      if (!recipe.takes(n) || takes_given(recipe.method)) continue;
      if (error_of(recipe, a, exact) > 0.1)
        list.push_back({"failing-kernel", fmt::format("failing-kernel:{}", recipe.label),
                        fmt::format("{}, which fails on one key repeated", recipe.label), std::move(recipe)});
    }
  }
  return list;
}

}  // namespace

Matrix inverse_by(const Recipe& recipe, const Matrix& a, Machines& machines) {
  const Setting setting = Setting::of(recipe).without_formation();
  const Matrix input = rounded_input(recipe.method, a, recipe.summary_arithmetic);
  return invert(setting, input, machines, 0).x;
}

std::vector<RecipeMutant> recipe_mutants(const Recipe& kernel, int n) {
  std::vector<RecipeMutant> list;
  if (takes_given(kernel.method)) return list;
  const Matrix a = repeated_key(n), exact = inverse_by_substitution(a);
  const double own = error_of(kernel, a, exact);
  for (const std::string& stage : stages(kernel.method, n)) {
    const auto found = kernel.arithmetics.find(stage);
    const Arithmetic& arithmetic = found != kernel.arithmetics.end() ? found->second : kernel.arithmetics.at("*");
    if (arithmetic.quantiser || arithmetic.operand.precision < fp32_format().precision || stage == "output") continue;
    for (const auto& [other, kind] : {std::pair("bf16", "bf16-for-fp32"), std::pair("tf32-h100", "tf32-for-ieee")}) {
      RecipeMutant mutant = with_stage(kernel, stage, other, kind);
      // Some stages have no products: tf32 changes nothing there.
      if (error_of(mutant.recipe, a, exact) > 8 * own) list.push_back(std::move(mutant));
    }
  }
  Json method = kernel.method.json("method");
  if (take_round(method, n)) {
    RecipeMutant mutant{"round-missing", "round-missing", "one round of an iteration is missing", kernel};
    mutant.recipe.method = expand_method(method, "a mutant").front();
    list.push_back(std::move(mutant));
  }
  return list;
}

const std::vector<RecipeMutant>& failing_recipes(int n) {
  static std::mutex mutex;
  static std::map<int, std::vector<RecipeMutant>> found;  // by size
  const std::lock_guard lock(mutex);
  const auto [place, fresh] = found.try_emplace(n);
  if (fresh) place->second = find_failing(n);
  return place->second;
}

}  // namespace tristab
